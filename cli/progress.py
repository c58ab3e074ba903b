"""Progress on stderr while a survey runs: what is known first is shown first; silent where nobody watches."""

import sys

from modelcheck.app.survey import Values, Watch
from modelcheck.app.tables import table
from modelcheck.core.asked import LocalModels
from modelcheck.core.machine import Inventory
from modelcheck.core.precheck import precheck
from modelcheck.core.project import Configuration
from modelcheck.core.tables import Families


def progress() -> Watch:
    """Return a watch that writes a line as soon as the configuration and the pre-check are known."""
    if not sys.stderr.isatty():
        return lambda _name, _values: None
    known: Values = {}

    def watch(name: str, values: Values) -> None:
        known.update(values)
        line = _line(values, known)
        sys.stderr.write(f"{line}\n" if line else f"  {name}\r")
        sys.stderr.flush()

    return watch


def _line(values: Values, known: Values) -> str:
    configuration = values.get(Configuration)
    if isinstance(configuration, Configuration):
        return f"{configuration.path}: {configuration.reading.value}, {configuration.agent_count} agents"
    models, here = known.get(LocalModels), values.get(Inventory)
    if not isinstance(models, LocalModels) or not isinstance(here, Inventory):
        return ""
    families = table(Families)
    answers = [precheck(one.text, one.engine, one.key.server, here, families) for one in models.models]
    return f"pre-check: {sum(one.allowed for one in answers)} of {len(answers)} local models are here"
