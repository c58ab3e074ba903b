"""The descriptive sections of a report: configuration, inventory, references, chains, environment."""

from collections.abc import Mapping

from modelcheck.core.asked import LocalModels, Servers
from modelcheck.core.diagnosis import advice as diagnosed
from modelcheck.core.facts import Facts, Scope
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Inventory, Ledger, Listing, Platform, Source
from modelcheck.core.mapping import Mappings
from modelcheck.core.precheck import Precheck, Presence, precheck
from modelcheck.core.project import Agents, Configuration, ModelKey, Reading, Reference, References, Role
from modelcheck.core.report import ReportAdvice, ReportConfiguration, ReportEnvironment, ReportListing, ReportReference
from modelcheck.core.tables import Families

Answers = Mapping[ModelKey, Precheck]


def presence(facts: Facts) -> Answers:
    """Answer the pre-check for every distinct local model that the project names."""
    models, families = facts.get(LocalModels), facts.get(Families)
    if isinstance(models, Gap) or isinstance(families, Gap):
        return {}
    here = facts.get(Inventory)
    return {m.key: precheck(m.text, m.engine, m.key.server, here, families) for m in models.models}


def configuration(facts: Facts, answers: Answers) -> ReportConfiguration:
    """Describe the configuration in the words that its first users know; what was not checked is null."""
    read, models = facts.get(Configuration), facts.get(LocalModels)
    if isinstance(read, Gap):
        return ReportConfiguration(None, None, None, None, None, None, None, None, read)
    counted = None if isinstance(models, Gap) else models.models
    gap = next((answer.gap for answer in answers.values() if answer.gap is not None), None)
    missing = None
    if counted is not None and gap is None:
        missing = [model for model in counted if answers[model.key].presence is not Presence.HERE]
    whole = read.reading is Reading.READ
    return ReportConfiguration(
        path=read.path,
        structure_complete=not read.missing_sections if whole else None,
        missing_sections=read.missing_sections if whole else None,
        total_models=None if counted is None else len(counted),
        available_models_count=None if counted is None or missing is None else len(counted) - len(missing),
        missing_models=None if missing is None else tuple(model.text for model in missing),
        missing_required_models=None if missing is None else tuple(m.text for m in missing if m.primary),
        inventory_count=_count(facts.get(Inventory)),
        reason=models if isinstance(models, Gap) else gap,
    )


def inventory(facts: Facts) -> tuple[ReportListing, ...]:
    """Describe what each server holds, and where that is known from."""
    here, servers, lock = facts.get(Inventory), facts.get(Servers), facts.get(Lock)
    if isinstance(here, Gap) or isinstance(servers, Gap):
        return ()
    addresses = {server.id: server.address for server in servers.servers}
    written = None if isinstance(lock, Gap) or not lock.there else lock.taken_at
    return tuple(_listing(addresses.get(key, key), here.servers[key], written) for key in here.servers)


def references(facts: Facts, answers: Answers) -> tuple[ReportReference, ...]:
    """List agent, model, provider and presence for every reference."""
    named = facts.get(References)
    return () if isinstance(named, Gap) else tuple(_reference(one, answers) for one in named.references)


def chains(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return each agent's chain as written, the primary first."""
    agents = facts.get(Agents)
    return {} if isinstance(agents, Gap) else {a.name: tuple(t.text for t in a.targets) for a in agents.agents}


def environment(facts: Facts) -> ReportEnvironment:
    """Describe the machine without naming it, and what was done to the outside."""
    platform, gpus, ledger = facts.get(Platform), facts.get(Gpus), facts.get(Ledger)
    book = Ledger() if isinstance(ledger, Gap) else ledger
    mappings = facts.get(Mappings)
    cards = None if isinstance(gpus, Gap) else tuple(c.name for c in gpus.cards if isinstance(c.name, str))
    driver = None if isinstance(gpus, Gap) or isinstance(gpus.driver, Gap) else gpus.driver
    tables = [facts.get(kind) for kind in facts if kind.scope is Scope.TABLES]
    return ReportEnvironment(
        system=None if isinstance(platform, Gap) else platform.system,
        cards=cards,
        driver=driver,
        contacts=book.contacts,
        loaded=book.loaded,
        code_run=book.code_run,
        spent_usd=book.spent_usd,
        simulated=book.simulated,
        tables={type(table).__name__: as_of for table in tables if (as_of := str(getattr(table, "as_of", "")))},
        mapped=() if isinstance(mappings, Gap) else mappings.servers,
    )


def advice(facts: Facts) -> tuple[ReportAdvice, ...]:
    """Say what to do first where nothing answers or nothing is named."""
    return tuple(ReportAdvice(one.code, one.params, one.command) for one in diagnosed(facts))


def _count(here: Inventory | Gap) -> int | None:
    """Return how many models all servers hold together, None when any was not seen."""
    if isinstance(here, Gap):
        return None
    listings = [here.servers[key] for key in here.servers]
    known = [listing for listing in listings if not isinstance(listing, Gap)]
    return sum(len(listing.entries) for listing in known) if known and len(known) == len(listings) else None


def _listing(address: str, listing: Listing | Gap, written: str | None) -> ReportListing:
    if isinstance(listing, Gap):
        return ReportListing(address, None, None, None, reason=listing)
    date = written if listing.source is Source.LOCK else None
    return ReportListing(address, listing.source.value, len(listing.entries), listing.proves_absence, date)


def _reference(reference: Reference, answers: Answers) -> ReportReference:
    target = reference.target
    answer = next((a for key, a in answers.items() if key.server == target.server and a.name == target.model), None)
    here = "cloud" if target.leaves_machine else (answer.presence.value if answer else Presence.NOT_CHECKED.value)
    return ReportReference(
        agent=reference.agent,
        role=reference.role.value if reference.agent else Role.LISTED.value,
        model=target.text,
        provider=target.provider,
        here=here,
        place=reference.place,
        nearest=tuple(near.name for near in answer.near) if answer else (),
    )
