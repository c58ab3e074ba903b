"""Which proxy clients would use, as the environment has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.probes.proxy import proxy_variable

ANY = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:2", "ALL_PROXY": "socks5://p:3"}


@pytest.mark.parametrize(
    ("environ", "scheme", "found"),
    [
        (ANY, "http", "HTTP_PROXY"),
        (ANY, "https", "HTTPS_PROXY"),
        ({"https_proxy": "p"} | ANY, "https", "https_proxy"),
        ({"ALL_PROXY": "p"}, "https", "ALL_PROXY"),
        ({"HTTP_PROXY": "p"}, "https", None),
        ({"HTTPS_PROXY": "p"}, "http", None),
        ({"HTTPS_PROXY": " "}, "https", None),
        ({}, "https", None),
    ],
)
def test_the_variable_goes_by_the_scheme(environ: dict[str, str], scheme: str, found: str | None) -> None:
    assert proxy_variable(environ, scheme, "api.example.com") == found


@pytest.mark.parametrize(
    ("rules", "host", "exempt"),
    [
        ("*", "api.example.com", True),
        ("api.example.com", "api.example.com", True),
        ("example.com", "api.example.com", True),
        (".example.com", "api.example.com", True),
        ("*.example.com", "api.example.com", True),
        ("example.com:443", "api.example.com", True),
        ("API.EXAMPLE.COM", "api.example.com", True),
        ("other.com, example.com", "api.example.com", True),
        ("ample.com", "api.example.com", False),
        ("other.com", "api.example.com", False),
        ("", "api.example.com", False),
        (",.,:", "api.example.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("10.0.0.0/8", "127.0.0.1", False),
        ("[::1]", "::1", True),
        ("::1", "::1", True),
        ("localhost", "127.0.0.1", False),
        ("localhost", "localhost", True),
        (",".join(["x"] * 500), "api.example.com", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_an_exempt_host_has_none(rules: str, host: str, exempt: bool, name: str) -> None:
    assert (proxy_variable(ANY | {name: rules}, "https", host) is None) is exempt


@given(st.text(max_size=200), st.sampled_from(["127.0.0.1", "localhost", "api.example.com", "::1"]))
def test_no_rule_breaks_it(rules: str, host: str) -> None:
    assert proxy_variable(ANY | {"NO_PROXY": rules}, "https", host) in {None, "HTTPS_PROXY"}
