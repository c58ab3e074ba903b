"""What goes wrong with the guard in front of the healthy server, each with the rest of it healthy."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.facts import Facts, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.guards import Attempt, Guard, Guards

UNTOLD = Gap(Why.NOT_ANSWERED, about="planted")


def guarded(guard: Guard) -> Facts:
    return well.HEALTHY.merged({Guards: Guards(Seen.of({well.OLLAMA: guard}))})


def unguarded() -> Facts:
    """The project asks Ollama itself."""
    return guarded(Guard(proven=False, detail="HTTP 404"))


def guarded_in_part() -> Facts:
    """One request gets through, and of another it was not seen."""
    attempts = (Attempt("POST /api/pull", refused=True), Attempt("POST /api/create", refused=False))
    return guarded(replace(well.GUARD, attempts=(*attempts, Attempt("POST /api/push", UNTOLD))))


def passed_by() -> Facts:
    """Ollama answers at its usual port as well."""
    return guarded(replace(well.GUARD, direct=True))


def guard_half_seen() -> Facts:
    """Of one request it was not seen whether it is refused, and Ollama answers at its usual port."""
    attempts = (Attempt("POST /api/pull", refused=True), Attempt("POST /api/create", UNTOLD))
    return guarded(Guard(proven=True, attempts=attempts, direct=True))


WRONG = (unguarded, guarded_in_part, passed_by, guard_half_seen)
