import pytest
from attack_json import ATTACKS, HARMLESS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_body_that_could_be_read_apart_never_pulls_nor_leaves_the_machine(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=range(len(HARMLESS)))
def test_a_body_without_a_foreign_name_harms_nobody(target: Target, raw: bytes) -> None:
    target.strike(raw, refused=False)
