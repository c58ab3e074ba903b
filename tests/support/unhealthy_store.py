"""What goes wrong with the store on disk, each with the rest of the stack healthy."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import (
    Basis,
    Fault,
    Flaw,
    Holder,
    Leftovers,
    LooseModels,
    ModelFolder,
    NamedFolder,
    ServerStore,
    Store,
    Stores,
)

LARGE = 5 << 30
BLOB = "2828f34cd8d5"


def but(*facts: Fact) -> Facts:
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def reading(
    store: Store, basis: Basis = Basis.LIST, *, same: bool | Gap = True, others: tuple[Store, ...] = ()
) -> Stores:
    """The server reads this store; the project names a folder that is the same or not."""
    named = NamedFolder("…/modeles_llm", Seen[str, bool].of({well.OLLAMA: same}), Place("modelcheck.yaml", 4))
    return Stores(Seen.of({well.OLLAMA: ServerStore(store, basis)}), (named,), others)


def flawed(*faults: Fault) -> Store:
    return replace(well.STORE, flaws=tuple(Flaw(well.LLAMA, fault, BLOB) for fault in faults))


def store_of_another_folder() -> Facts:
    """The project names a folder, and its server reads another."""
    return but(reading(well.STORE, Basis.PROCESS, same=False))


def store_with_missing_blobs() -> Facts:
    """A blob of one model is missing, one of it is short, and its weights begin as nothing known."""
    listed = replace(well.LLAMA_ENTRY, whole=False)
    store = replace(flawed(Fault.MISSING, Fault.SHORT, Fault.NO_GGUF), entries=(listed, well.CODESTRAL_ENTRY))
    return but(reading(store), *well.held(listed, well.CODESTRAL_ENTRY))


def store_with_odd_templates() -> Facts:
    """Nothing keeps a model from working, and yet."""
    return but(reading(flawed(Fault.EMPTY_TEMPLATE, Fault.ODD_TEMPLATE)))


def store_with_leftovers() -> Facts:
    """Blobs that serve no model, and a download that never ended; another store lies beside."""
    store = replace(well.STORE, dangling=Leftovers(3, LARGE), partial=Leftovers(1, LARGE))
    return but(reading(store, others=(replace(well.STORE, root="…/old"),)))


def store_on_a_full_disk() -> Facts:
    """Less is free than the largest model takes."""
    return but(reading(replace(well.STORE, free=1_000_000_000)))


def store_with_a_bad_manifest() -> Facts:
    """One manifest cannot be read, so that what dangles cannot be told."""
    dangling = Gap(Why.UNDECIDED, about="blobs that no readable manifest names")
    return but(reading(replace(well.STORE, unreadable=1, misplaced=2, dangling=dangling)))


def store_in_doubt() -> Facts:
    """Some blobs could not be looked at."""
    return but(reading(replace(well.STORE, doubt=Gap(Why.UNREADABLE, about="blobs"))))


def store_that_may_be_another() -> Facts:
    """Whether it is the folder that the project means is open."""
    return but(reading(well.STORE, same=Gap(Why.NOT_UNDERSTOOD, about="a path of Windows")))


def store_that_is_guessed() -> Facts:
    """A store lies where stores lie; whether the server reads it is open. Files lie beside."""
    folder = ModelFolder("~/models", Holder.USER, (Entry("a", 5, format="gguf", where="~/models"),), Leftovers(0, 0))
    return but(reading(flawed(Fault.SHORT), Basis.STANDARD), LooseModels((folder,)))


WRONG = (
    store_of_another_folder,
    store_with_missing_blobs,
    store_with_odd_templates,
    store_with_leftovers,
    store_on_a_full_disk,
    store_with_a_bad_manifest,
    store_in_doubt,
    store_that_may_be_another,
    store_that_is_guessed,
)
