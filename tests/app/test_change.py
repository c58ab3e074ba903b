"""A report holds nothing that is of one machine alone, and what it cannot hold is not called an edit."""

import pytest

from modelcheck.app.change import _shareable, completed
from modelcheck.core.intent import Expectations

CARD = "GPU-fd5a8e2d-14a2-d670-e8ef-95c1c67cf907"


def test_neither_a_card_s_own_number_nor_a_folder_is_in_a_report() -> None:
    shared = _shareable(Expectations(device=CARD, models_dir="D:\\modeles_llm", context=4096))

    assert (shared.device, shared.models_dir, shared.context) == (None, None, 4096)


@pytest.mark.parametrize("device", ["0", "RTX 3090", None])
def test_an_index_and_a_name_are(device: str | None) -> None:
    assert _shareable(Expectations(device=device)).device == device


def test_what_a_report_cannot_hold_is_the_project_s_own() -> None:
    own = Expectations(device=CARD, models_dir="models", context=4096)

    assert completed(Expectations(context=16384), own) == Expectations(device=CARD, models_dir="models", context=16384)


@pytest.mark.parametrize("own", ["1", "RTX 3090"])
def test_what_it_can_hold_is_the_base_s(own: str) -> None:
    assert completed(Expectations(device="0"), Expectations(device=own)).device == "0"
    assert completed(Expectations(), Expectations(device=own)).device is None
