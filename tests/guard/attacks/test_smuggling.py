import pytest
from attack_smuggling import ATTACKS, HARMLESS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_a_request_that_two_servers_could_frame_apart_is_refused_whole(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=range(len(HARMLESS)))
def test_a_request_behind_a_sound_one_is_ruled_on_by_itself(target: Target, raw: bytes) -> None:
    target.strike(raw, refused=False)
