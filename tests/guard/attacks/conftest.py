"""One guard and one upstream for all attacks of a file."""

from collections.abc import Iterator

import pytest
from attacked import Target, attacked


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with attacked() as target:
        yield target
