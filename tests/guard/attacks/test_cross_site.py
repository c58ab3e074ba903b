import pytest
from attack import Line
from attack_cross_site import ATTACKS, PREFLIGHTS
from attacked import Target


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=range(len(ATTACKS)))
def test_no_page_of_another_site_reaches_the_upstream(target: Target, raw: bytes) -> None:
    target.strike(raw)


@pytest.mark.parametrize("name", PREFLIGHTS)
def test_a_pre_flight_of_a_good_page_is_answered_here(target: Target, name: str) -> None:
    target.upstream.forget()

    with Line(target.port) as line:
        line.send(PREFLIGHTS[name])
        said = line.answer()

    assert said is not None
    origin = name.rsplit("-/", 1)[0].encode()
    assert (said.status, said.all(b"access-control-allow-origin")) == (204, [origin])
    assert target.upstream.requests == []


def test_a_pre_flight_of_another_site_gets_no_permission(target: Target) -> None:
    for name, raw in ATTACKS.items():
        if not name.startswith("pre-flight") or "bad-host" in name:
            continue
        with Line(target.port) as line:
            line.send(raw)
            said = line.answer()
        assert said is None or not said.all(b"access-control-allow-origin"), name
