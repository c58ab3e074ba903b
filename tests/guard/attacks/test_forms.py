import pytest
from attack_forms import ATTACKS, HARMLESS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_form_names_one_local_model_or_is_refused(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=range(len(HARMLESS)))
def test_a_doubtful_part_names_nothing(target: Target, raw: bytes) -> None:
    target.strike(raw, refused=False)
