"""What the models of a set need, put together from facts."""

import pytest
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies, Anatomy, CacheGroup
from modelcheck.core.asked import LocalModel
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.machine import (
    Contact,
    Contacts,
    ContactState,
    Entry,
    Inventory,
    Listing,
    Loaded,
    Product,
    Running,
    Source,
)
from modelcheck.core.needs import Evidence, entry_of, loaded_of, other_product
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.core.together import Bond, ModelSet

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = "http://127.0.0.1:11434"
LAB = "lab"


def model(name: str = "qwen:latest", server: str = HERE, engine: Engine = Engine.OLLAMA) -> LocalModel:
    return LocalModel(ModelKey(server, name), engine, name, primary=True, places=())


QWEN = model()
MADE = Anatomy(
    architecture="llama", weights=GIB, cache=(CacheGroup(1, 2),), max_context=8192, num_ctx=None, embeds=False
)
NOTHING = Running(Seen.of({HERE: (), LAB: ()}))


def evidence(
    running: Running = NOTHING, *, setups: ServerSetups | Gap | None = None, gpus: Gpus | Gap = GAP
) -> Evidence:
    set_up = ServerSetups(Seen.of({HERE: ServerSetup(complete=True)})) if setups is None else setups
    return Evidence(running, Anatomies(Seen.of({QWEN.key: MADE})), set_up, gpus)


def cards(*totals: int | Gap) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "", total, 0) for index, total in enumerate(totals)))


def holding(*names: str, proves: bool = True) -> Inventory:
    entries = tuple(Entry(name, remote=False) for name in names)
    return Inventory(Seen.of({HERE: Listing(Source.SERVER, proves, entries)}))


@pytest.mark.parametrize(
    ("gpus", "named"),
    [
        (cards(24 * GIB), "32768 tokens"),
        (cards(24 * GIB, 24 * GIB), "262144 tokens"),
        (cards(24 * GIB, GAP), None),
        (cards(), None),
        (GAP, None),
    ],
)
def test_the_context_by_the_cards_is_named_where_all_show_their_size(gpus: Gpus | Gap, named: str | None) -> None:
    found = evidence(gpus=gpus).context(QWEN)

    assert isinstance(found, Gap)
    assert ("tokens" in found.about) == (named is not None)
    assert named is None or named in found.about


def test_a_set_needs_what_its_models_need() -> None:
    found = evidence(Running(Seen.of({HERE: (Loaded("qwen", GIB, GIB, 4096),)})))

    (need,) = found.demands(ModelSet((QWEN,), Bond.ALONE), holding("qwen:latest"))

    assert (need.measured, need.need.least) == (True, GIB)
    assert found.given_back(ModelSet((QWEN, QWEN), Bond.DECLARED)) == [Loaded("qwen", GIB, GIB, 4096)]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (model(server=LAB), Why.NOT_ASKED),
        (model(engine=Engine.OPENAI_LOCAL), Why.NOT_RECORDED),
    ],
)
def test_what_runs_elsewhere_or_on_another_engine_is_not_measured_by_the_cards_here(one: LocalModel, why: Why) -> None:
    with pytest.raises(Unseen) as unseen:
        evidence().demand(one)

    assert unseen.value.gap.why is why


ASKING = replace(QWEN, asked=4096)


def test_what_agents_ask_for_is_what_a_model_needs() -> None:
    asked, twice = (evidence().demand(replace(QWEN, asked=context)) for context in (2048, 4096))

    assert (asked.context, twice.context) == (2048, 4096)
    assert twice.need.least > asked.need.least
    assert evidence().demand(replace(QWEN, asked=1 << 20)).context == 8192


@pytest.mark.parametrize(("context", "measured"), [(4096, True), (8192, True), (2048, False)])
def test_a_request_for_more_than_is_loaded_loads_anew(context: int, measured: bool) -> None:
    loaded = Running(Seen.of({HERE: (Loaded("qwen", GIB, GIB, context),)}))

    assert evidence(loaded).demand(ASKING).measured is measured


@pytest.mark.parametrize(
    ("found", "one"),
    [
        (evidence(), replace(QWEN, asked=GAP)),
        (evidence(Running(Seen.of({HERE: (Loaded("qwen", GIB, GIB, GAP),)}))), ASKING),
    ],
    ids=["asked", "loaded"],
)
def test_an_unseen_context_leaves_the_need_open(found: Evidence, one: LocalModel) -> None:
    with pytest.raises(Unseen):
        found.demand(one)


def test_what_agents_ask_for_tells_nothing_of_an_unseen_anatomy() -> None:
    found = Evidence(NOTHING, GAP, ServerSetups(Seen.of({HERE: ServerSetup(complete=True)})), GAP)

    assert found.demand(ASKING).doubt == GAP


def test_what_was_not_seen_of_settings_and_anatomy_stays_a_gap() -> None:
    found = Evidence(NOTHING, GAP, GAP, GAP)

    assert found.anatomy(QWEN) == GAP
    assert found.setup(HERE) == GAP


def test_a_loaded_model_is_found_by_the_rules_for_names_of_its_engine() -> None:
    running = Running(Seen.of({HERE: (Loaded("Qwen", 1, 1), Loaded("qwen3.gguf", 2, 2))}))

    assert loaded_of(QWEN, running) == Loaded("Qwen", 1, 1)
    assert loaded_of(model("Qwen", engine=Engine.OPENAI_LOCAL), running) == Loaded("Qwen", 1, 1)
    assert loaded_of(model("/models/qwen3.gguf", engine=Engine.OPENAI_LOCAL), running) == Loaded("qwen3.gguf", 2, 2)
    assert loaded_of(model("qwen", engine=Engine.OPENAI_LOCAL), running) is None


def test_a_model_that_is_not_here_cannot_be_measured() -> None:
    for inventory, why in ((holding(), Why.NOT_HERE), (holding(proves=False), Why.NOT_LISTED), (GAP, GAP.why)):
        with pytest.raises(Unseen) as unseen:
            entry_of(QWEN, inventory)
        assert unseen.value.gap.why is why
    assert entry_of(QWEN, holding("qwen")).name == "qwen"


def answering(product: Product | Gap) -> Contacts:
    return Contacts(Seen.of({HERE: Contact(ContactState.ANSWERED, product=product)}))


def test_another_engine_is_proven_by_what_answered() -> None:
    assert other_product(Engine.OLLAMA, HERE, GAP) is None
    assert other_product(Engine.OPENAI_LOCAL, HERE, answering(Product.OLLAMA)) is None
    assert other_product(Engine.OPENAI_LOCAL, HERE, answering(Product.VLLM)) is Product.VLLM
    for contacts in (GAP, answering(GAP)):
        with pytest.raises(Unseen):
            other_product(Engine.OPENAI_LOCAL, HERE, contacts)
