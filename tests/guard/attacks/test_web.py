import pytest
from attack_web import ATTACKS, HARMLESS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_local_model_is_no_way_out_of_the_machine(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=range(len(HARMLESS)))
def test_what_ollama_would_not_search_for_harms_nobody(target: Target, raw: bytes) -> None:
    target.strike(raw, refused=False)
