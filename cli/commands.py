"""The table of commands: each name with its panel, its one line of help and the module that holds it."""

from dataclasses import dataclass

LOOK, DECIDE, CHANGE, MEASURE = "Look", "Decide", "Change", "Measure"


@dataclass(frozen=True)
class Entry:
    """One command as `--help` lists it; its module is imported only when it is called."""

    name: str
    panel: str
    help: str
    group: str = ""
    """The command that it belongs to, as `show` does to `config`; empty for one that stands by itself."""
    members: tuple["Entry", ...] = ()
    """The commands of a group, whose module has a function for each."""

    @property
    def module(self) -> str:
        """The module whose function of the same name is the command."""
        return f"modelcheck.cli.{self.group or self.name}"


COMMANDS = (
    Entry("audit", LOOK, "Look at a project, its machine and its providers, and show every point with its evidence."),
    Entry("score", LOOK, "One number with its range and parts."),
    Entry("explain", LOOK, "Why not 100, or what one check is about."),
    Entry("inventory", LOOK, "What is really here; --lock writes models.lock, --verify hashes what the stores hold."),
    Entry("rules", LOOK, "All checks with their points, judged and planned."),
    Entry("doctor", LOOK, "What modelcheck itself sees and lacks on this machine, and what to do about it."),
    Entry("demo", LOOK, "The whole job on an embedded, simulated stack."),
    Entry("gate", DECIDE, "The CI step: decide, and say why in few lines."),
    Entry("precheck", DECIDE, "Would this pull be allowed? The nearest local models if not."),
    Entry(
        "guard",
        DECIDE,
        "guard serve: an address of Ollama's at which nothing is pulled that is not here, whoever asks.",
        members=(
            Entry(
                "serve",
                DECIDE,
                "Answer in place of Ollama, and refuse whatever is not here, is closed, or would leave the machine.",
                "guard",
            ),
        ),
    ),
    Entry("pull", CHANGE, "Pull a model under an exception of your own; what is here already is never pulled."),
    Entry(
        "init", CHANGE, "Write a first modelcheck.yaml from what is installed; asks on a terminal, never overwrites."
    ),
    Entry("accept", CHANGE, "Write today's report as the baseline: with --baseline, new failures alone count."),
    Entry(
        "config",
        CHANGE,
        "The settings that hold: config show --origin says where each comes from; config schema is for editors.",
        members=(
            Entry(
                "show", CHANGE, "Every setting that holds for a project; --origin says where each comes from.", "config"
            ),
            Entry(
                "schema",
                CHANGE,
                "Print the JSON Schema of a settings file, a profile or a report, for editors.",
                "config",
            ),
        ),
    ),
)
