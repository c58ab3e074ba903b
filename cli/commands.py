"""The table of commands: each name with its panel, its one line of help and the module that holds it."""

from dataclasses import dataclass

LOOK, DECIDE, CHANGE, MEASURE = "Look", "Decide", "Change", "Measure"


@dataclass(frozen=True)
class Entry:
    """One command as `--help` lists it; its module is imported only when it is called."""

    name: str
    panel: str
    help: str

    @property
    def module(self) -> str:
        """The module whose function of the same name is the command."""
        return f"modelcheck.cli.{self.name}"


COMMANDS = (
    Entry("audit", LOOK, "Look at a project, its machine and its providers, and show every point with its evidence."),
    Entry("score", LOOK, "One number with its range and parts."),
    Entry("explain", LOOK, "Why not 100, or what one check is about."),
    Entry("inventory", LOOK, "What is really here; --lock writes models.lock, --verify hashes what the stores hold."),
    Entry("rules", LOOK, "All checks with their points, judged and planned."),
    Entry("demo", LOOK, "The whole job on an embedded, simulated stack."),
    Entry("gate", DECIDE, "The CI step: decide, and say why in few lines."),
    Entry("precheck", DECIDE, "Would this pull be allowed? The nearest local models if not."),
)
