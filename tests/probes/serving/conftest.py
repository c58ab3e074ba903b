"""What tests of serving look at: a machine of their own, in a folder."""

from pathlib import Path

import pytest
from linux_machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")
