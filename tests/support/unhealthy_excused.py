"""What goes wrong and is let pass: under exceptions that hold, and as false alarms that somebody answers for."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.app.catalogue import parts
from modelcheck.core.anatomy import Anatomies
from modelcheck.core.exceptions import Exceptions, Exemption, Ignore, Marks, What
from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Engine
from modelcheck.core.sources import AgentClass, AgentClasses, ClassFault, KeyFile, KeyFiles, KeyLiteral

SETTINGS = "modelcheck.yaml"
CODE = "agents/writer.py"


def exempt(what: What, subject: str, *, until: str = "2026-12-31", only: str = "", line: int = 1) -> Exemption:
    return Exemption(what, subject, "new card ordered", "Ana", until, only, Place(SETTINGS, line))


def ignore(path: str, *checks: str, line: int = 0, reason: str = "an example, no key") -> Ignore:
    return Ignore(checks, path, reason, line, Place(path if line else SETTINGS, line or 9))


EXCEPTIONS = (
    exempt(What.CHECK, "OLL-06"),
    exempt(What.CHECK, "INT-01", only="coder", line=2),
    exempt(What.REFERENCE, "Code-Stral", line=3),
    exempt(What.PULL, "mixtral:8x7b", line=4),
    exempt(What.CHECK, "CFG-08", line=5),
    exempt(What.CHECK, "CLD-05", until="2026-11-21", line=6),
)


def _faults() -> list[Fact]:
    """Failures of the project's own files and of what it runs on, several of each."""
    local, _ = well.ARCHIVIST.targets
    leaking = replace(well.ARCHIVIST, targets=(local, well.hosted(Engine.OPENAI, well.MINI, 18)))
    short = replace(well.CODER, targets=well.CODER.targets[:1])
    faults = (ClassFault("never-set", "logger", Place(CODE, 6)), ClassFault("undefined-name", "Result", Place(CODE, 9)))
    key = (KeyLiteral(4, "openai"),)
    tags, inventory = well.held(well.LLAMA_ENTRY, replace(well.CODESTRAL_ENTRY, name="mistral:7b"))
    large = replace(well.LLAMA_ANATOMY, weights=40_000_000_000)
    return [
        Agents((well.WRITER, short, leaking)),
        well.references(well.WRITER, short, leaking),
        AgentClasses(
            (
                AgentClass("WriterAgent", faults, None, Place(CODE, 4)),
                AgentClass("CoderAgent", faults[:1], Gap(Why.NOT_UNDERSTOOD, about="setattr"), Place(CODE, 20)),
                AgentClass("ArchivistAgent", (), None, Place("agents/archivist.py", 3)),
            )
        ),
        KeyFiles(
            (
                KeyFile(well.CONFIG, is_env=False, literals=key, tracked=True, ignored=False),
                KeyFile(".env", is_env=True, literals=key, tracked=True, ignored=False),
                KeyFile(".env.local", is_env=True, literals=key, tracked=False, ignored=False),
                KeyFile(".env.test", is_env=True, literals=(), tracked=True, ignored=False),
            )
        ),
        tags,
        inventory,
        Anatomies(Seen.of({well.LLAMA_KEY: large, well.CODESTRAL_KEY: well.CODESTRAL_ANATOMY})),
        well.running(),
    ]


def excused() -> Facts:
    """Some of it is excepted, and some is ignored by its path or by a mark beside it."""
    declared = Exceptions(EXCEPTIONS, (ignore(well.CONFIG, "CFG-07", "INT-07"), ignore("nowhere/*", "CFG-07")))
    marks = Marks(
        (
            ignore(".env", "CFG-07", line=4),
            ignore(CODE, "INT-13", line=6),
            ignore(CODE, "INT-13", line=9),
            ignore(CODE, "INT-13", line=10, reason=""),
        )
    )
    return well.HEALTHY.merged({type(fact): fact for fact in (*_faults(), declared, marks)})


def wholly_ignored() -> Facts:
    """Whatever is found anywhere is called a false alarm."""
    ids = tuple(check.id for part in parts() for check in part.checks)
    return well.HEALTHY.merged({type(fact): fact for fact in (*_faults(), Exceptions((), (ignore("*", *ids),)))})


WRONG = (excused, wholly_ignored)
