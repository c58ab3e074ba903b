"""Cards: those of the table by name, those of the machine by what is meant, and those that Ollama may use."""

import pytest
from msgspec.structs import replace

from modelcheck.app.tables import table
from modelcheck.core.cards import Cards
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus, Holder, is_index, meant
from modelcheck.core.ollama_cards import hiding, is_held, visible
from modelcheck.core.serving import Origin, ServerSetup, Setting
from modelcheck.core.version import Version

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
MIG = Gap(Why.NOT_UNDERSTOOD, about="MIG")
SHIPPED = table(Cards)

FIRST = Gpu(0, "NVIDIA GeForce RTX 3090", "01:00.0", 24 * GIB, 20 * GIB, uuid="GPU-aaaa-1111")
SECOND = Gpu(1, "NVIDIA GeForce RTX 3090 Ti", "41:00.0", 24 * GIB, 20 * GIB, uuid="GPU-bbbb-2222")
TWINS = (FIRST, replace(FIRST, index=1, uuid="GPU-bbbb-2222"))
BOTH = (FIRST, SECOND)


@pytest.mark.parametrize(
    ("name", "total", "bandwidth"),
    [
        ("NVIDIA GeForce RTX 3090", None, 936),
        ("GeForce RTX 3090", 24 * GIB, 936),
        ("nvidia  geforce rtx 3090", None, 936),
        ("NVIDIA GeForce RTX 3090 Ti", None, 1008),
        ("NVIDIA GeForce RTX 3080", 10 * GIB, 760),
        ("NVIDIA GeForce RTX 3080", 12 * GIB, 912),
        ("NVIDIA GeForce RTX 3080", 10 * GIB - 70_000_000, 760),
        ("NVIDIA GeForce RTX 3080", 20 * GIB, None),
        ("NVIDIA GeForce RTX 3080", None, None),
        ("NVIDIA GeForce RTX 3080 Laptop GPU", 16 * GIB, None),
        ("Apple M2 Max", None, 400),
        ("Apple M2", None, 100),
        ("RTX 3090", None, None),
        ("", None, None),
    ],
)
def test_a_card_is_known_by_its_whole_name_and_where_names_are_shared_by_its_memory(
    name: str, total: int | None, bandwidth: int | None
) -> None:
    known = SHIPPED.of(name, total)

    assert (known.bandwidth if known else None) == bandwidth


def test_the_shipped_cards_are_told_apart_and_their_numbers_can_be() -> None:
    seen: set[tuple[str, int | None]] = set()
    for card in SHIPPED.cards:
        for name in card.names:
            assert (name, card.gib) not in seen
            seen.add((name, card.gib))
        assert 60 <= card.bandwidth <= (card.bandwidth_most or card.bandwidth) <= 4000
        assert card.power is None or 60 <= card.power <= 700
        assert card.least_cap is None or (card.power is not None and card.least_cap < card.power)
        assert (card.capability is None) == (card.memory == "unified")
        assert card.capability is None or Version.parse(card.capability)


def test_boards_with_the_hottest_memory_do_not_show_how_hot_it_is() -> None:
    hidden = {name for card in SHIPPED.cards if card.memory == "GDDR6X" for name in card.names}

    assert {"GeForce RTX 3090", "GeForce RTX 4090"} <= hidden
    assert not {"GeForce RTX 3060", "A100 80GB PCIe", "GeForce RTX 5090"} & hidden


@pytest.mark.parametrize(
    ("capability", "driver"), [("8.6", 550), ("12.0", 550), ("7.0", 550), ("6.1", 570), ("5.0", 570), ("3.7", None)]
)
def test_old_cards_need_a_newer_driver_and_the_oldest_are_not_used(capability: str, driver: int | None) -> None:
    version = Version.parse(capability)

    assert version is not None
    assert SHIPPED.oldest_driver(version) == driver


@pytest.mark.parametrize(
    ("device", "cards", "found"),
    [
        ("0", BOTH, (FIRST,)),
        (" 1 ", BOTH, (SECOND,)),
        ("7", BOTH, ()),
        ("gpu-AAAA-1111", BOTH, (FIRST,)),
        ("GPU-bb", BOTH, (SECOND,)),
        ("GPU-", BOTH, BOTH),
        ("GPU-cccc", BOTH, ()),
        ("MIG-1234", BOTH, MIG),
        ("NVIDIA GeForce RTX 3090", BOTH, (FIRST,)),
        ("rtx 3090", BOTH, (FIRST,)),
        ("RTX3090", BOTH, (FIRST,)),
        ("3090", BOTH, (FIRST,)),
        ("3090 Ti", BOTH, (SECOND,)),
        ("GeForce", BOTH, BOTH),
        ("4090", BOTH, ()),
        ("RTX 3090", TWINS, TWINS),
        ("RTX 3090", (FIRST, replace(SECOND, name=GAP)), GAP),
        ("GPU-aaaa", (FIRST, replace(SECOND, uuid=GAP)), GAP),
        ("1", (replace(FIRST, name=GAP, uuid=GAP),), ()),
    ],
)
def test_a_device_is_an_index_a_uuid_or_a_name(device: str, cards: tuple[Gpu, ...], found: object) -> None:
    assert meant(device, cards) == found


@pytest.mark.parametrize(
    ("text", "yes"), [("0", True), ("63", True), ("64", False), ("3090", False), ("-1", False), ("²", False)]
)
def test_a_greater_number_is_part_of_a_name(text: str, yes: bool) -> None:
    assert is_index(text) is yes


def told(value: str | None, *, complete: bool = True, order: str | None = None) -> ServerSetup:
    pairs = {"CUDA_VISIBLE_DEVICES": value, "CUDA_DEVICE_ORDER": order}
    settings = (Setting(name, text, Origin.PROCESS) for name, text in pairs.items() if text is not None)
    return ServerSetup(tuple(settings), complete=complete)


def shown(setup: ServerSetup, *cards: Gpu) -> tuple[Gpu, ...] | Gap:
    try:
        return visible(setup, Gpus("580", cards))
    except Unseen as missing:
        return missing.gap


@pytest.mark.parametrize(
    ("setup", "cards", "found"),
    [
        (told(None), BOTH, BOTH),
        (told("GPU-aaaa"), BOTH, (FIRST,)),
        (told("GPU-bbbb, GPU-aaaa"), BOTH, (SECOND, FIRST)),
        (told("GPU-aaaa,GPU-aaaa"), BOTH, (FIRST,)),
        (told("GPU-aaaa,-1,GPU-bbbb"), BOTH, (FIRST,)),
        (told("-1"), BOTH, ()),
        (told("none"), BOTH, ()),
        (told("2"), BOTH, ()),
        (told("99999"), BOTH, ()),
        (told("0"), (FIRST,), (FIRST,)),
        (told("1"), BOTH, Gap(Why.UNDECIDED, about="CUDA_VISIBLE_DEVICES=1", hint="CUDA_VISIBLE_DEVICES=UUID")),
        (told("1", order="PCI_BUS_ID"), BOTH, (SECOND,)),
        (told("MIG-1"), BOTH, MIG),
        (told(""), BOTH, Gap(Why.UNDECIDED, about="CUDA_VISIBLE_DEVICES")),
        (told(None, complete=False), BOTH, Gap(Why.NOT_RECORDED, about="CUDA_VISIBLE_DEVICES")),
        (told("GPU-aaaa"), (FIRST, replace(SECOND, uuid=GAP)), GAP),
    ],
)
def test_a_server_sees_the_cards_it_is_told_of_up_to_the_first_that_is_none(
    setup: ServerSetup, cards: tuple[Gpu, ...], found: object
) -> None:
    assert shown(setup, *cards) == found


@pytest.mark.parametrize(
    ("value", "hides"), [("-1", True), ("1", True), ("0", False), ("0,-1", False), ("GPU-c", True), ("GPU-a", False)]
)
def test_every_card_is_hidden_where_the_first_word_means_none(value: str, hides: bool) -> None:
    found = hiding(told(value), Gpus("580", (FIRST,)))

    assert (found is not None) is hides
    assert found is None or found.value == value


def test_what_means_no_card_anywhere_hides_them_whatever_cards_there_are() -> None:
    assert hiding(told(None), GAP) is None
    assert hiding(told("-1"), GAP) is not None
    with pytest.raises(Unseen):
        hiding(told("1"), GAP)


@pytest.mark.parametrize(
    ("holders", "held"),
    [
        ((Holder("ollama", 1),), True),
        ((Holder(GAP, 1), Holder("ollama.exe", GAP)), True),
        ((Holder("llama-server", 1),), True),
        ((Holder("python3", 1),), False),
        ((Holder("python3", 1), Holder(GAP, 1)), GAP),
        ((), False),
        (GAP, GAP),
    ],
)
def test_a_card_is_held_by_the_programs_in_which_ollama_runs_models(
    holders: tuple[Holder, ...] | Gap, held: bool | Gap
) -> None:
    assert is_held(replace(FIRST, holders=holders)) == held
