"""A card is meant by index, UUID, bus id or name."""

import pytest

from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, meant

GIB = 1 << 30
FIRST = Gpu(0, "NVIDIA GeForce RTX 3090", "00000000:01:00.0", 24 * GIB, 20 * GIB, "GPU-aa")
SECOND = Gpu(1, "NVIDIA RTX A2000", "00000001:0B:00.0", 12 * GIB, 10 * GIB, "GPU-bb")


@pytest.mark.parametrize("device", ["0", "GPU-aa", "RTX 3090", "01:00.0", "0000:01:00.0", "00000000:01:00.0"])
def test_the_first_card_is_meant(device: str) -> None:
    assert meant(device, (FIRST, SECOND)) == (FIRST,)


@pytest.mark.parametrize("device", ["1", "gpu-bb", "A2000", "0001:0b:00.0"])
def test_the_second_card_is_meant(device: str) -> None:
    assert meant(device, (FIRST, SECOND)) == (SECOND,)


@pytest.mark.parametrize("device", ["0b:00.0", "0002:01:00.0", "2", "GPU-cc", "4090"])
def test_no_card_is_meant(device: str) -> None:
    assert meant(device, (FIRST, SECOND)) == ()


def test_a_bus_id_that_was_not_seen_decides_nothing() -> None:
    unseen = Gpu(0, "a", Gap(Why.NOT_RECORDED), 1, 1)

    assert meant("01:00.0", (unseen,)) == Gap(Why.NOT_RECORDED)


def test_what_is_told_of_an_instance_is_not_understood() -> None:
    assert meant("MIG-1", (FIRST,)) == Gap(Why.NOT_UNDERSTOOD, about="MIG")
