"""The limits: the numbers that the documentation names."""

import msgspec

from modelcheck.guard import admission, body, connection, form, guard, state, upstream
from modelcheck.guard.limits import MIB, Limits


def test_the_limits_are_what_is_promised() -> None:
    assert msgspec.structs.asdict(Limits()) == {
        "head": 32768,
        "headers": 100,
        "target": 4096,
        "body": 64 * MIB,
        "bodies": 512 * MIB,
        "answer": 32 * MIB,
        "connections": 2048,
        "waiting": 512,
        "head_s": 10,
        "body_s": 120,
        "idle_s": 75,
        "stuck_s": 300,
        "connect_s": 5,
        "read_s": 5,
        "silence_s": 3600,
        "drain_s": 30,
        "fresh_s": 2,
        "refresh_s": 4,
        "last_known_s": 60,
        "idle_upstream": 128,
    }
    assert MIB == 1048576


def test_the_bounds_beside_them_are_what_is_written_down() -> None:
    assert (admission.MOST_REMEMBERED, admission.LONGEST_REMEMBERED) == (256, 2048)
    assert body.MOST_DEPTH == 100
    assert (connection.HIGH_WATER, connection.HELD, connection.MOST_TRIES) == (65536, 65536, 3)
    assert (connection.LINGER_S, connection.AGAIN_S) == (2.0, 0.5)
    assert (form.MOST_PARTS, form.LONGEST_FIELD) == (50, 65536)
    assert (guard.MOST_REPEATS, guard.SWEEP_S, state.MOST_ANSWERS) == (3, 1.0, 4096)
    assert (upstream.MOST_HEAD, upstream.MOST_HEADERS, upstream.MOST_INTERIM) == (65536, 200, 8)
