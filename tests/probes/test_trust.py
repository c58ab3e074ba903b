"""Where a key may go and which variable may hold it."""

from pathlib import Path

import msgspec
import pytest
import yaml

import modelcheck
from modelcheck.core.asked import CloudProvider
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.trust import KeyRoute, key_route

TABLE = Path(modelcheck.__file__).parent / "data" / "providers.yaml"
GIVEN = "the endpoint given for anthropic"
OFFICIAL = {"anthropic": "https://api.anthropic.com:443", "openai": "https://api.openai.com:443/v1"}


def known() -> KnownProviders:
    return msgspec.convert(yaml.safe_load(TABLE.read_bytes()), KnownProviders, strict=False)


def cloud(
    ident: str = "anthropic", address: str = "", variable: str | None = None, name: str | None = None
) -> CloudProvider:
    return CloudProvider(ident, Engine.ANTHROPIC, name or ident, address, variable)


def access(endpoints: dict[str, str] | None = None, variables: dict[str, str] | None = None) -> Access:
    return Access(Path(), known(), endpoints=endpoints or {}, key_variables=variables or {})


@pytest.mark.parametrize(
    ("provider", "goes_to", "host"),
    [
        (cloud(), OFFICIAL["anthropic"], "api.anthropic.com"),
        (cloud(address="api.anthropic.com"), OFFICIAL["anthropic"], "api.anthropic.com"),
        (cloud(address="https://api.anthropic.com/v1"), OFFICIAL["anthropic"], "api.anthropic.com"),
        (cloud(address="http://api.anthropic.com:80"), OFFICIAL["anthropic"], "api.anthropic.com"),
        (cloud("openai"), OFFICIAL["openai"], "api.openai.com"),
        (cloud("claude"), OFFICIAL["anthropic"], "api.anthropic.com"),
        (cloud("whatever", name="Claude"), OFFICIAL["anthropic"], "api.anthropic.com"),
    ],
)
def test_without_the_users_word_a_key_goes_to_the_official_host(
    provider: CloudProvider, goes_to: str, host: str
) -> None:
    route = key_route(provider, access())

    assert isinstance(route, KeyRoute)
    assert (str(route.endpoint), route.host) == (goes_to, host)
    assert not route.users_own


@pytest.mark.parametrize(
    "address",
    [
        FOREIGN,
        "api.anthropic.com.example.net",
        "https://api.openai.com",
        "https://api.anthropic.com@example.net",
        "http://127.0.0.1:8080",
        "api.anthropic.com?x",
        " ",
    ],
)
def test_an_address_of_the_projects_own_gets_no_key(address: str) -> None:
    route = key_route(cloud(address=address), access())

    assert route == Gap(Why.NOT_TRUSTED, about="anthropic", hint="--endpoint anthropic=URL")


@pytest.mark.parametrize(
    ("ident", "given", "goes_to", "host"),
    [
        ("anthropic", {"anthropic": "http://127.0.0.1:9/x"}, "http://127.0.0.1:9/x", GIVEN),
        ("anthropic", {"anthropic": "http://[::1]:9"}, "http://[::1]:9", GIVEN),
        ("anthropic", {"anthropic": "https://gate.example"}, "https://gate.example:443", GIVEN),
        ("anthropic", {"anthropic": "https://api.anthropic.com"}, OFFICIAL["anthropic"], "api.anthropic.com"),
        ("claude", {"claude": "http://127.0.0.1:9"}, "http://127.0.0.1:9", "the endpoint given for claude"),
        ("claude", {"anthropic": "http://127.0.0.1:9"}, "http://127.0.0.1:9", "the endpoint given for claude"),
    ],
)
def test_the_users_endpoint_takes_the_key_whatever_the_project_says(
    ident: str, given: dict[str, str], goes_to: str, host: str
) -> None:
    route = key_route(cloud(ident, address=FOREIGN), access(given))

    assert isinstance(route, KeyRoute)
    assert (str(route.endpoint), route.host) == (goes_to, host)


def test_an_endpoint_of_another_provider_is_not_used() -> None:
    route = key_route(cloud(), access({"openai": "http://127.0.0.1:9"}))

    assert isinstance(route, KeyRoute)
    assert str(route.endpoint) == OFFICIAL["anthropic"]


def test_an_endpoint_that_is_no_address_is_said() -> None:
    route = key_route(cloud(), access({"anthropic": "gopher://x"}))

    assert route == Gap(Why.NOT_UNDERSTOOD, about="--endpoint anthropic", hint="--endpoint anthropic=URL")


@pytest.mark.parametrize(
    ("ident", "named", "given", "variables"),
    [
        ("anthropic", None, {}, ("ANTHROPIC_API_KEY",)),
        ("anthropic", "ANTHROPIC_API_KEY", {}, ("ANTHROPIC_API_KEY",)),
        ("google", None, {}, ("GEMINI_API_KEY", "GOOGLE_API_KEY")),
        ("google", "GOOGLE_API_KEY", {}, ("GOOGLE_API_KEY",)),
        ("anthropic", None, {"anthropic": "WORK_KEY"}, ("WORK_KEY",)),
        ("anthropic", "HOME", {"anthropic": "WORK_KEY"}, ("WORK_KEY",)),
        ("bedrock", None, {}, ()),
    ],
)
def test_a_key_is_read_from_the_users_variable_or_a_standard_one(
    ident: str, named: str | None, given: dict[str, str], variables: tuple[str, ...]
) -> None:
    route = key_route(cloud(ident, variable=named), access(variables=given))

    assert isinstance(route, KeyRoute)
    assert route.variables == variables


@pytest.mark.parametrize("variable", ["HOME", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "anthropic_api_key"])
def test_a_variable_of_the_projects_own_is_not_read(variable: str) -> None:
    route = key_route(cloud(variable=variable), access())

    assert route == Gap(Why.NOT_TRUSTED, about=variable, hint="--key-env anthropic=NAME")


@pytest.mark.parametrize("pasted", ["-".join(("sk", "ant", "api03", "k" * 95)), "h" + "f_" + "Q" * 34, "a\nb", "é", ""])
def test_a_key_that_stands_where_its_variables_name_belongs_is_not_repeated(pasted: str) -> None:
    route = key_route(cloud(variable=pasted), access())

    assert isinstance(route, Gap)
    assert route.about == "the variable that the project names"


def test_a_provider_that_no_table_knows_is_not_understood() -> None:
    assert key_route(cloud("acme", name="ac\x1bme"), access()) == Gap(
        Why.NOT_UNDERSTOOD, about="ac\N{REPLACEMENT CHARACTER}me"
    )


def test_a_provider_without_an_address_has_a_key_and_no_endpoint() -> None:
    route = key_route(cloud("groq"), access())

    assert isinstance(route, KeyRoute)
    assert (route.endpoint, route.host, route.variables) == (None, "groq", ("GROQ_API_KEY",))


@pytest.mark.parametrize(
    ("endpoints", "variables", "own"),
    [
        ({}, {}, False),
        ({"openai": "http://127.0.0.1:9"}, {}, False),
        ({}, {"openai": "K"}, False),
        ({"openai": "http://127.0.0.1:9"}, {"openai": "K"}, True),
    ],
)
def test_only_address_and_variable_together_make_a_route_the_users_own(
    endpoints: dict[str, str], variables: dict[str, str], own: bool
) -> None:
    route = key_route(cloud("openai"), access(endpoints, variables))

    assert isinstance(route, KeyRoute)
    assert route.users_own is own
