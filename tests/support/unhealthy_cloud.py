"""What goes wrong with hosted providers: scenarios over the healthy stack, beside those of `unhealthy_facts`."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.cloud import Answer, Answers, AnswerState, Lifecycle, Lifecycles, Stage, Told
from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations, Limits
from modelcheck.core.prices import Price, Prices
from modelcheck.core.project import Agents, Engine, ModelKey
from modelcheck.core.ways import Variable, Way, Ways

SONNET, MINI = ModelKey("anthropic", well.SONNET), ModelKey("openai", well.MINI)
OFFICIAL = Way(official=True, given=False)
AS_OF = "2026-11-22"
(STATED,) = (fact for fact in well.PROJECT if isinstance(fact, Expectations))


def but(*facts: Fact) -> Facts:
    """The healthy facts with some exchanged."""
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def ending_models() -> Facts:
    """By its provider's word one model is overdue, by the table the other ends soon, and that one has no TLS."""
    overdue = Lifecycle(Stage.DEPRECATED, "2026-11-20", Told.API, deprecated_at="2026-06-01", replacement="next")
    soon = Lifecycle(Stage.DEPRECATED, "2026-12-11", Told.TABLE, replacement="next", as_of=AS_OF)
    *others, openai = well.PROVIDERS
    plain = (*others, replace(openai, faults=("plain-http",)))
    return but(Lifecycles(Seen.of({SONNET: overdue, MINI: soon})), replace(well.CONFIGURATION, providers=plain))


def ended_models() -> Facts:
    """One model is retired; the end of the other has no date, and neither choice nor rule nor limit is stated."""
    retired = Lifecycle(Stage.RETIRED, "2026-06-15", Told.TABLE, replacement="next", as_of=AS_OF)
    undated = Lifecycle(Stage.DEPRECATED, None, Told.API)
    return but(Lifecycles(Seen.of({SONNET: retired, MINI: undated})), Expectations(at=Place("modelcheck.yaml")))


def mixed_ids() -> Facts:
    """One id is pinned and nothing says that it shall be; the table says how long both last."""
    dated = ModelKey("openai", "gpt-5-mini-2025-08-07")
    models = (
        CloudModel(SONNET, Engine.ANTHROPIC, (Place(well.CONFIG, 10),)),
        CloudModel(dated, Engine.OPENAI, (Place(well.CONFIG, 14),)),
    )
    lifecycles = {
        SONNET: Lifecycle(Stage.ACTIVE, None, Told.TABLE, as_of=AS_OF),
        dated: Lifecycle(Stage.DEPRECATED, "2027-11-01", Told.TABLE, as_of=AS_OF),
    }
    cheap = Price("0.02", "", "", "genai-prices 0.2.3", "2026-11-09")
    unpriced = Gap(Why.NOT_LISTED, about=SONNET.name)
    return but(
        CloudModels(models),
        Lifecycles(Seen.of(lifecycles)),
        Prices(Seen(((SONNET, unpriced), (dated, cheap)))),
        replace(STATED, ids=None, limits=(Limits("anthropic", 10), Limits("openai", 500, 9000))),
    )


def strange_way() -> Facts:
    """One address is somebody else's, one leads elsewhere, and nothing answers but a proxy that is not used."""
    by = Variable("OPENAI_BASE_URL", "environment")
    silent = Answer(AnswerState.UNAVAILABLE, None, "timed out", proxy="HTTPS_PROXY")
    return but(
        Ways(Seen.of({"anthropic": Way(official=False, given=False), "openai": replace(OFFICIAL, redirected_by=by)})),
        Answers(Seen.of({"anthropic": silent, "openai": silent})),
    )


def changed_surroundings() -> Facts:
    """A proxy catches what is meant for this machine, and the certificates are somebody's own."""
    ways = Ways(
        Seen.of({"anthropic": OFFICIAL, "openai": Way(official=False, given=True)}),
        certificates_by=Variable("SSL_CERT_FILE", ".env"),
        loopback_by=Variable("HTTP_PROXY", "environment"),
    )
    return but(ways)


def unverified() -> Facts:
    """A variable turns verification off, and one section does so itself."""
    local, anthropic, openai = well.PROVIDERS
    sections = (local, replace(anthropic, verifies_tls=False), openai)
    ways = Ways(
        Seen.of({"anthropic": OFFICIAL, "openai": OFFICIAL}),
        unverified_by=Variable("PYTHONHTTPSVERIFY", "environment"),
        certificates_by=Variable("SSL_CERT_FILE", ".env"),
    )
    return but(replace(well.CONFIGURATION, providers=sections), ways)


def own_certificates() -> Facts:
    """All is verified, by certificates that a variable names; the retries of one agent are many."""
    ways = Ways(
        Seen.of({"anthropic": OFFICIAL, "openai": OFFICIAL}), certificates_by=Variable("SSL_CERT_FILE", "environment")
    )
    return but(ways, Agents((replace(well.WRITER, max_retries=1), well.CODER, well.ARCHIVIST)))


def unbounded() -> Facts:
    """Retries multiply, answers have no end, and one provider has no probe here."""
    other = well.hosted(Engine.OTHER_CLOUD, "mixtral", 14)
    writer = replace(well.WRITER, max_retries=5, max_tokens=None)
    coder = replace(well.CODER, targets=(well.CODER.targets[0], other), max_tokens=0)
    name = Engine.OTHER_CLOUD.value
    clouds = (
        CloudProvider("anthropic", Engine.ANTHROPIC, "anthropic", "", "ANTHROPIC_API_KEY", Place(well.CONFIG, 4)),
        CloudProvider(name, Engine.OTHER_CLOUD, name, "", None, Place(well.CONFIG, 5)),
    )
    _, anthropic, _ = well.PROVIDERS
    sections = (well.PROVIDERS[0], replace(anthropic, max_retries=None))
    return but(
        Agents((writer, coder, well.ARCHIVIST)),
        well.references(writer, coder, well.ARCHIVIST),
        CloudProviders(clouds),
        replace(well.CONFIGURATION, providers=sections),
    )


WRONG = (
    ending_models,
    ended_models,
    mixed_ids,
    strange_way,
    changed_surroundings,
    unverified,
    own_certificates,
    unbounded,
)
