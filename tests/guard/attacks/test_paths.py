import pytest
from attack_paths import ATTACKS, HARMLESS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_closed_route_stays_closed_however_it_is_spelled(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=range(len(HARMLESS)))
def test_a_method_in_a_header_changes_nothing(target: Target, raw: bytes) -> None:
    target.strike(raw, refused=False)
