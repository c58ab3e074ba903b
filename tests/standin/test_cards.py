"""The cards of a scenario: who holds them, which of them its server may use, and one that no longer answers."""

import pytest
from msgspec.structs import replace

from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.graphics import Holder
from modelcheck.standin.memory import Memory
from modelcheck.standin.scenario import Card, Scenario


@pytest.fixture
def workstation() -> Scenario:
    return Scenario.named("workstation")


def having(scenario: Scenario, *cards: Card, visible: str | None = None) -> Memory:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    server = replace(scenario.ollama, environment=environment)
    return Memory(replace(scenario, ollama=server, graphics=replace(scenario.graphics, cards=cards)))


def test_the_card_is_under_load_and_held_by_its_server(workstation: Scenario) -> None:
    memory = Memory(workstation)
    (card,) = memory.gpus.cards

    assert card.holders == (Holder("ollama", memory.residents[0].size_vram),)
    assert (card.capability, card.sample) == ("8.6", workstation.graphics.cards[0].sample)
    assert isinstance(card.sample.utilisation, int)
    assert card.sample.utilisation > 50


def test_others_hold_a_card_beside_it(workstation: Scenario) -> None:
    (card,) = workstation.graphics.cards
    first, second = having(workstation, card, replace(card, others=("python3",), capability=None)).gpus.cards

    assert isinstance(first.holders, tuple)
    assert second.holders == (Holder("python3", NOT_RECORDED),)
    assert second.capability == NOT_RECORDED


@pytest.mark.parametrize(
    ("visible", "held"), [(None, [True, False]), ("0,1", [True, False]), ("1", [False, True]), ("1,7,0", [False, True])]
)
def test_the_server_uses_the_cards_it_is_told_of(workstation: Scenario, visible: str | None, held: list[bool]) -> None:
    (card,) = workstation.graphics.cards
    memory = having(workstation, card, replace(card, uuid="GPU-2"), visible=visible)

    assert [bool(one.holders) for one in memory.gpus.cards] == held


@pytest.mark.parametrize("visible", ["-1", "2", ""])
def test_a_server_that_is_told_of_no_card_runs_on_the_cpu(workstation: Scenario, visible: str) -> None:
    memory = having(workstation, *workstation.graphics.cards, visible=visible)

    assert [one.size_vram for one in memory.residents] == [0]
    assert memory.gpus.cards[0].holders == ()


def test_a_lost_card_tells_nothing_and_holds_nothing(workstation: Scenario) -> None:
    memory = having(workstation, replace(workstation.graphics.cards[0], lost=True))
    (card,) = memory.gpus.cards

    assert card.lost
    assert isinstance(card.name, Gap)
    assert memory.residents[0].size_vram == 0
