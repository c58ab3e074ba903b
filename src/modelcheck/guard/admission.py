"""Admission: the head of a request is examined once; the same bytes are let in again without a second look.

What is examined depends on the bytes and on how the guard is set up, and on nothing else.
"""

import msgspec

from modelcheck.guard import answers
from modelcheck.guard.caller import examine
from modelcheck.guard.head import Head
from modelcheck.guard.routes import PROOF, Route, route_of
from modelcheck.guard.setup import Setup

MOST_REMEMBERED = 256
"""Heads; when there are more, all are forgotten."""
LONGEST_REMEMBERED = 2 << 10
"""Bytes of a head that is remembered."""


class Admitted(msgspec.Struct, frozen=True):
    """A head that was let in, and where it goes."""

    head: Head
    route: Route
    path: str
    """As decoded."""
    query: str
    is_preflight: bool
    is_kept: bool
    """Whether the caller would use the connection again."""
    page: tuple[tuple[bytes, bytes], ...]
    """The headers by which a page may read the answer."""


class Admission:
    """Lets heads in, or refuses them."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._remembered: dict[bytes, Admitted] = {}

    def known(self, raw: bytes) -> Admitted | None:
        """Return what was found when the very same bytes came before."""
        return self._remembered.get(raw)

    def admit(self, head: Head, raw: bytes, *, is_kept: bool) -> Admitted:
        """Examine a head that was read.

        Raises:
            Refused: its caller may not ask, or not for this.

        """
        is_preflight = answers.is_preflight(head)
        route, path, query = (PROOF, PROOF.path, "") if is_preflight else route_of(head.method, head.target)
        examine(head, self._setup, needs_token=route is not PROOF)
        page = tuple(answers.page_headers(head, self._setup))
        admitted = Admitted(head, route, path, query, is_preflight, is_kept, page)
        if len(raw) <= LONGEST_REMEMBERED:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[raw] = admitted
        return admitted
