import pytest
from attack_names import ATTACKS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_name_that_is_not_certainly_local_is_refused(target: Target, raw: bytes) -> None:
    target.strike(raw)
