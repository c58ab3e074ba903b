"""The end of a hosted model: what its provider says of it, or else the table of retirements."""

from msgspec.structs import replace

from modelcheck.core.asked import CloudModel
from modelcheck.core.cloud import Lifecycle, Stage, Told
from modelcheck.core.gap import Gap
from modelcheck.core.retirements import Calendar, Retirement, Retirements, base_of
from modelcheck.probes.access import FOREIGN


def tabled(model: CloudModel, said: Lifecycle | Gap, address: str, retirements: Retirements) -> Lifecycle | Gap:
    """Return what the provider said, with the table's replacement, or what the table says where it said nothing.

    At an address of the project's own that is not official the table says nothing: whose models are there, and for
    how long, is not known.
    """
    row = retirements.retirement(model.engine, model.key.name)
    if isinstance(said, Lifecycle):
        return replace(said, replacement=row.replacement) if row and said.state is not Stage.ACTIVE else said
    calendar = retirements.calendar(model.engine)
    if calendar is None or address == FOREIGN:
        return said
    if row is not None:
        return _ending(row, calendar)
    if base_of(model.key.name) in calendar.active:
        return Lifecycle(Stage.ACTIVE, None, Told.TABLE, as_of=calendar.checked_on)
    return said


def _ending(row: Retirement, calendar: Calendar) -> Lifecycle:
    """Return the stage at the day on which the page was read; ISO dates sort as text."""
    state = Stage.RETIRED if row.retires_on <= calendar.checked_on else Stage.DEPRECATED
    return Lifecycle(state, row.retires_on, Told.TABLE, replacement=row.replacement, as_of=calendar.checked_on)
