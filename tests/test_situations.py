"""What a person sees in each of eight situations is what was read and found clear."""

import os
import sys
from pathlib import Path

import pytest
from play import played
from situations import SITUATIONS, Situation

GOLDEN = Path(__file__).parent / "golden" / "situations"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are imitated where these were read: on Linux")
@pytest.mark.parametrize("situation", SITUATIONS, ids=[one.name for one in SITUATIONS])
def test_what_is_shown_is_the_golden_text(situation: Situation) -> None:
    text = played(situation)
    if os.environ.get("MODELCHECK_REWRITE_GOLDEN") == "1":
        (GOLDEN / f"{situation.name}.txt").write_text(text, encoding="utf-8", newline="\n")

    assert text == (GOLDEN / f"{situation.name}.txt").read_text("utf-8")


def test_every_golden_text_is_that_of_a_situation() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {one.name for one in SITUATIONS}
