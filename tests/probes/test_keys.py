"""The key of each provider: found by name, judged by shape, and never shown."""

import copy
import pickle
from pathlib import Path

import msgspec
import pytest
import yaml

import modelcheck
from modelcheck.core.asked import CloudProvider, CloudProviders
from modelcheck.core.cloud import Key, Keys, KeyShape
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.keys import keys
from modelcheck.probes.secret import Secret

TABLE = Path(modelcheck.__file__).parent / "data" / "providers.yaml"

ANTHROPIC = "-".join(("sk", "ant", "api03", "k" * 93 + "AA"))
OPENAI = "-".join(("sk", "proj", "a1" * 12 + "T3Blbk" + "FJ" + "b2" * 12))
VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "groq": "GROQ_API_KEY"}


def cloud(ident: str = "anthropic", address: str = "", variable: str | None = None) -> CloudProvider:
    return CloudProvider(ident, Engine.OTHER_CLOUD, ident, address, variable)


def access(
    root: Path,
    environ: dict[str, str] | None = None,
    endpoints: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
    env_files: tuple[Path, ...] = (),
) -> Access:
    table = msgspec.convert(yaml.safe_load(TABLE.read_bytes()), KnownProviders, strict=False)
    return Access(
        root,
        table,
        environ=environ or {},
        endpoints=endpoints or {},
        key_variables=variables or {},
        env_files=env_files,
    )


def look(given: Access, *providers: CloudProvider) -> Keys:
    return keys(given, CloudProviders(providers or (cloud(),)))


def look_at(given: Access, provider: CloudProvider | None = None) -> Key | Gap:
    provider = provider or cloud()
    return look(given, provider).providers[provider.id]


def test_the_probe_needs_the_providers_and_promises_keys() -> None:
    assert keys.needs == {"providers": CloudProviders}
    assert keys.promises == (Keys,)


def test_a_key_is_found_in_the_environment(tmp_path: Path) -> None:
    assert look_at(access(tmp_path, {"ANTHROPIC_API_KEY": ANTHROPIC})) == Key(
        "ANTHROPIC_API_KEY", "environment", KeyShape.PLAUSIBLE
    )


def test_a_key_that_is_nowhere_is_proven_absent(tmp_path: Path) -> None:
    assert look_at(access(tmp_path, {"ANTHROPIC_API_KEY": ""})) == Key("ANTHROPIC_API_KEY", "", None)


def test_each_provider_is_judged_by_itself(tmp_path: Path) -> None:
    given = access(tmp_path, {"ANTHROPIC_API_KEY": OPENAI, "OPENAI_API_KEY": OPENAI})

    seen = look(
        given, cloud(), cloud("openai"), cloud("groq"), cloud("bedrock"), cloud("acme"), cloud("claude", FOREIGN)
    )

    assert seen.providers["anthropic"] == Key("ANTHROPIC_API_KEY", "environment", KeyShape.FOREIGN)
    assert seen.providers["openai"] == Key("OPENAI_API_KEY", "environment", KeyShape.PLAUSIBLE)
    assert seen.providers["groq"] == Key("GROQ_API_KEY", "", None)
    assert seen.providers["bedrock"] == Gap(Why.NOT_UNDERSTOOD, about="bedrock")
    assert seen.providers["acme"] == Gap(Why.NOT_UNDERSTOOD, about="acme")
    assert seen.providers["claude"] == Gap(Why.NOT_TRUSTED, about="claude", hint="--endpoint claude=URL")
    assert list(seen.providers) == ["anthropic", "openai", "groq", "bedrock", "acme", "claude"]


def test_no_provider_is_no_key(tmp_path: Path) -> None:
    assert len(keys(access(tmp_path), CloudProviders(())).providers) == 0


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (ANTHROPIC + "\n", KeyShape.UNTRIMMED),
        ("<your key>", KeyShape.PLACEHOLDER),
        ("EMPTY", KeyShape.PLACEHOLDER),
        ("hello", KeyShape.MALFORMED),
    ],
)
def test_a_value_that_is_no_good_key_is_a_fact(value: str, shape: KeyShape, tmp_path: Path) -> None:
    assert look_at(access(tmp_path, {"ANTHROPIC_API_KEY": value})) == Key("ANTHROPIC_API_KEY", "environment", shape)


@pytest.mark.parametrize(
    ("endpoint", "shape"), [("http://127.0.0.1:9/v1", None), ("https://gate.example/v1", KeyShape.PLACEHOLDER)]
)
def test_a_placeholder_for_a_server_on_this_machine_is_no_key(
    endpoint: str, shape: KeyShape | None, tmp_path: Path
) -> None:
    given = access(tmp_path, {"OPENAI_API_KEY": "lm-studio"}, {"openai": endpoint})

    assert look_at(given, cloud("openai")) == Key("OPENAI_API_KEY", "environment" if shape else "", shape)


def test_a_gateway_of_the_users_own_may_have_keys_of_any_shape(tmp_path: Path) -> None:
    environ = {"GATE_KEY": "-".join(("sk", "or", "v1", "0a" * 32)), "OPENAI_API_KEY": OPENAI}
    given = access(tmp_path, environ, {"openai": "https://gate.example/v1"}, {"openai": "GATE_KEY"})

    assert look_at(given, cloud("openai")) == Key("GATE_KEY", "environment", KeyShape.PLAUSIBLE)


def test_the_first_variable_that_is_set_counts(tmp_path: Path) -> None:
    given = access(tmp_path, {"GOOGLE_API_KEY": "AI" + "za" + "Q" * 35})

    assert look_at(given, cloud("google")) == Key("GOOGLE_API_KEY", "environment", KeyShape.PLAUSIBLE)


def test_a_variable_that_only_the_project_names_is_not_read(tmp_path: Path) -> None:
    given = access(tmp_path, {"HOME_KEY": ANTHROPIC, "ANTHROPIC_API_KEY": ANTHROPIC})
    tmp_path.joinpath(".env").write_text(f"HOME_KEY={ANTHROPIC}\n")

    assert look_at(given, cloud(variable="HOME_KEY")) == Gap(
        Why.NOT_TRUSTED, about="HOME_KEY", hint="--key-env anthropic=NAME"
    )


def test_the_environment_comes_before_the_users_file_and_that_before_the_projects(tmp_path: Path) -> None:
    project, work = tmp_path / "project", tmp_path / "work.env"
    project.mkdir()
    project.joinpath(".env").write_text(f"ANTHROPIC_API_KEY={ANTHROPIC}\nOPENAI_API_KEY={OPENAI}\nGROQ_API_KEY=hello\n")
    work.write_text(f"OPENAI_API_KEY={OPENAI}\nANTHROPIC_API_KEY=hello\n")
    given = access(project, {"ANTHROPIC_API_KEY": ANTHROPIC}, env_files=(work,))

    seen = look(given, *(cloud(name) for name in VARIABLES)).providers

    origins = {name: key.origin for name in VARIABLES if isinstance(key := seen[name], Key)}
    assert origins == {"anthropic": "environment", "openai": "work.env", "groq": ".env"}


def test_a_file_that_cannot_be_read_leaves_absence_open(tmp_path: Path) -> None:
    tmp_path.joinpath(".env").write_bytes(b"\xff")
    gap = Gap(Why.UNREADABLE, about=".env: it is not UTF-8")

    seen = look(access(tmp_path, {"OPENAI_API_KEY": OPENAI}), cloud(), cloud("openai")).providers

    assert seen["anthropic"] == gap
    assert seen["openai"] == Key("OPENAI_API_KEY", "environment", KeyShape.PLAUSIBLE)


def test_a_file_of_the_users_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert look_at(access(tmp_path, env_files=(tmp_path / "work.env",))) == Gap(Why.NOT_THERE, about="work.env")


def test_an_env_file_that_leads_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    tmp_path.joinpath("secret").write_text(f"ANTHROPIC_API_KEY={ANTHROPIC}\n")
    try:
        project.joinpath(".env").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("links need a privilege here")

    seen = look_at(access(project))

    assert isinstance(seen, Gap)
    assert seen.why is Why.UNREADABLE


def test_no_character_of_a_key_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath(".env").write_text(f"OPENAI_API_KEY={OPENAI}\n")
    given = access(tmp_path, {"ANTHROPIC_API_KEY": ANTHROPIC})

    seen = look(given, cloud(), cloud("openai"))

    shown = f"{seen!r}{seen}{msgspec.json.encode(seen)!r}{given!r}" + "".join(capfd.readouterr())
    assert "k" * 8 not in shown
    assert "a1" * 4 not in shown


def test_a_secret_is_shown_by_nothing() -> None:
    secret = Secret(ANTHROPIC)

    assert secret.reveal() == ANTHROPIC
    assert {repr(secret), str(secret), f"{secret}", f"{[secret]}"[1:-1]} == {"Secret()"}
    assert secret != Secret(ANTHROPIC)
    for store in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not to be copied"):
            store(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
