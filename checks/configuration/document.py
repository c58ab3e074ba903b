"""How well the configuration is understood: what is not read has no effect."""

from fractions import Fraction

from modelcheck.core.check import Effort, Verdict, check, failed, partial, passed
from modelcheck.core.project import Configuration, Reading

MINOR = {"unknown-key", "too-many", "missing-section", "not-trusted"}
"""Problems that leave the rest of the file understood."""


@check(
    "CFG-01",
    "The configuration is found and wholly understood",
    points=1.5,
    effort=Effort.MINUTES,
    fix="Correct the places named; a key that is not understood has no effect.",
    says={
        "understood": "{path} is read: {agents} agents, {providers} providers",
        "missing": "{path} is not there",
        "unreadable": "{path} cannot be read: {detail}",
        "not-understood": "{path} is read, and {problems} places in it are not understood, the first: {first}",
        "unknown-keys": "{path} has {problems} keys missing or read by nothing, the first: {first}",
    },
)
def configuration_understood(configuration: Configuration) -> Verdict:
    """A mistyped key or a broken file is ignored in silence, and the project then runs on defaults nobody chose."""
    path = configuration.path
    if configuration.reading is Reading.MISSING:
        return failed("missing", path=path)
    first = configuration.problems[0] if configuration.problems else None
    if configuration.reading is Reading.UNREADABLE:
        detail = first.detail if first else ""
        return failed("unreadable", first.place if first else None, path=path, detail=detail)
    if first is None:
        return passed("understood", path=path, agents=configuration.agent_count, providers=len(configuration.providers))
    count = len(configuration.problems)
    worst = next((problem for problem in configuration.problems if problem.code not in MINOR), None)
    if worst is None:
        return partial("unknown-keys", Fraction(1, 2), first.place, path=path, problems=count, first=first.detail)
    return failed("not-understood", worst.place, path=path, problems=count, first=worst.detail)
