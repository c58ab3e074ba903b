"""Provider sections: the address decides what serves there, then the name; keys and addresses stay where they are."""

from pathlib import Path

import pytest
from native_project import Read, read, read_agent

from modelcheck.core.facts import Facts, Place, Scope
from modelcheck.core.factsfile import facts_text
from modelcheck.core.project import Agents, Configuration, Engine
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.native.providers import DEFAULT_SERVER, MOST_PROVIDERS, NO_NAME

ANTHROPIC_KEY = "-".join(("sk", "ant", "api03", "k" * 93 + "AA"))
HF_TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQr" + "StUvWxYzAbCdEfGh"


def sections(root: Path, **providers: object) -> Read:
    return read(root, {"model_providers": providers, "agent_models": {}})


def text_of_facts(found: Read) -> str:
    facts = Facts(
        {Configuration: found.configuration, Agents: found.agents},
        {Scope.PROJECT: "2026-11-22T00:00:00Z"},
        subject="project",
    )
    return facts_text(facts).decode()


@pytest.mark.parametrize(
    ("name", "url", "engine", "server"),
    [
        ("ollama", "http://localhost:11434", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:11434/", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("ollama", "http://LOCALHOST:11434/v1", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("ollama", "http://0.0.0.0:11434", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("ollama", "http://[::]:11434", Engine.OLLAMA, "http://[::1]:11434"),
        ("ollama", "http://[::1]:11434", Engine.OLLAMA, "http://[::1]:11434"),
        ("ollama", "localhost:11434", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:8080", Engine.OLLAMA, "http://127.0.0.1:8080"),
        ("ollama", "http://127.0.0.1:8080/v1", Engine.OLLAMA, "http://127.0.0.1:8080"),
        ("Ollama_Local", "http://127.0.0.1:8080/v1", Engine.OLLAMA, "http://127.0.0.1:8080"),
        ("local", "http://127.0.0.1:8080", Engine.OLLAMA, "http://127.0.0.1:8080"),
        ("local", "http://127.0.0.1:1234/v1", Engine.OPENAI_LOCAL, "http://127.0.0.1:1234"),
        ("openai", "http://localhost:11434/v1", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("openai", "http://localhost:1234/v1", Engine.OPENAI_LOCAL, "http://127.0.0.1:1234"),
        ("anthropic", "http://localhost:4000", Engine.OPENAI_LOCAL, "http://127.0.0.1:4000"),
        ("lmstudio", "http://localhost:1234/v1", Engine.OPENAI_LOCAL, "http://127.0.0.1:1234"),
        ("anything", "http://localhost:11434", Engine.OLLAMA, "http://127.0.0.1:11434"),
        ("anything", "http://localhost:8000", Engine.OPENAI_LOCAL, "http://127.0.0.1:8000"),
        ("anything", "http://x.localhost:8000", Engine.OPENAI_LOCAL, "http://x.localhost:8000"),
    ],
)
def test_an_address_of_this_machine_is_shown_and_decides(
    tmp_path: Path, name: str, url: str, engine: Engine, server: str
) -> None:
    found = sections(tmp_path, **{name: {"base_url": url}}).provider(name)

    assert (found.engine, found.server, found.address, found.hosted) == (engine, server, server, False)


@pytest.mark.parametrize(
    ("name", "url", "engine", "server", "host"),
    [
        ("anthropic", "https://api.anthropic.com", Engine.ANTHROPIC, "anthropic", "api.anthropic.com"),
        ("openai", "https://api.openai.com/v1", Engine.OPENAI, "openai", "api.openai.com"),
        ("ollama", "https://api.openai.com/v1", Engine.OPENAI, "openai", "api.openai.com"),
        ("mine", "https://API.OPENAI.COM/v1", Engine.OPENAI, "openai", "api.openai.com"),
        ("openai", "https://openrouter.ai/api/v1", Engine.OTHER_CLOUD, "openrouter", "openrouter.ai"),
        ("ollama", "https://ollama.com", Engine.OTHER_CLOUD, "ollama-cloud", "ollama.com"),
    ],
)
def test_an_official_host_is_shown_and_decides(
    tmp_path: Path, name: str, url: str, engine: Engine, server: str, host: str
) -> None:
    found = sections(tmp_path, **{name: {"base_url": url}}).provider(name)

    assert (found.engine, found.server, found.address, found.hosted) == (engine, server, host, True)


@pytest.mark.parametrize(
    ("name", "url", "engine", "hosted"),
    [
        ("ollama", "http://192.168.1.20:11434", Engine.OLLAMA, False),
        ("ollama", "http://ollama:11434", Engine.OLLAMA, False),
        ("ollama", "http://gpu-box.local:8080", Engine.OLLAMA, False),
        ("ollama", "http://host.docker.internal:11434", Engine.OLLAMA, False),
        ("ollama", "http://box.tail1234.ts.net:11434", Engine.OLLAMA, True),
        ("ollama", "https://llm.example.com", Engine.OLLAMA, True),
        ("mine", "http://ollama:11434", Engine.OLLAMA, False),
        ("mine", "http://10.0.0.5:11434", Engine.OLLAMA, False),
        ("mine", "https://llm.example.com:11434", Engine.OLLAMA, True),
        ("mine", "http://gateway:4000", Engine.UNKNOWN, False),
        ("mine", "https://llm.example.com", Engine.UNKNOWN, True),
        ("openai", "http://vllm:8000/v1", Engine.OPENAI_LOCAL, False),
        ("openai", "http://10.0.0.5:8000/v1", Engine.OPENAI_LOCAL, False),
        ("openai", "http://[fd00::5]:8000/v1", Engine.OPENAI_LOCAL, False),
        ("openai", "https://gateway.example.com/v1", Engine.OPENAI, True),
        ("openai", "https://api.openai.com.example.com/v1", Engine.OPENAI, True),
        ("vllm", "http://10.0.0.5:8000/v1", Engine.OPENAI_LOCAL, False),
        ("openai", "http://8.8.8.8/v1", Engine.OPENAI, True),
        ("openai", "http://134744072/v1", Engine.OPENAI, True),
        ("openai", "http://0x8080808/v1", Engine.OPENAI, True),
        ("openai", "http://[2001:4860:4860::8888]/v1", Engine.OPENAI, True),
    ],
)
def test_any_other_address_is_veiled_and_judged_by_where_it_lies(
    tmp_path: Path, name: str, url: str, engine: Engine, hosted: bool
) -> None:
    read_sections = sections(tmp_path, **{name: {"base_url": url}})
    found = read_sections.provider(name)

    assert (found.engine, found.server, found.address, found.hosted) == (engine, name, FOREIGN, hosted)
    assert read_sections.access.named[name].startswith(url.partition("/v1")[0])


@pytest.mark.parametrize(
    ("name", "engine", "server", "hosted", "local"),
    [
        ("ollama", Engine.OLLAMA, DEFAULT_SERVER, False, True),
        ("OLLAMA", Engine.OLLAMA, DEFAULT_SERVER, False, True),
        ("local", Engine.OLLAMA, DEFAULT_SERVER, False, True),
        ("lmstudio", Engine.OPENAI_LOCAL, "openai-local", False, True),
        ("anthropic", Engine.ANTHROPIC, "anthropic", True, False),
        ("claude", Engine.ANTHROPIC, "anthropic", True, False),
        ("gemini", Engine.OTHER_CLOUD, "google", True, False),
        ("somebody", Engine.UNKNOWN, "somebody", False, False),
        ("Default", Engine.UNKNOWN, "default'", False, False),
    ],
)
def test_without_an_address_the_name_decides(
    tmp_path: Path, name: str, engine: Engine, server: str, hosted: bool, local: bool
) -> None:
    nothing: dict[str, object] = {}
    found = sections(tmp_path, **{name: nothing}).provider(name)

    assert (found.engine, found.server, found.address) == (engine, server, "")
    assert (found.hosted, found.declared_local) == (hosted, local)


@pytest.mark.parametrize("key", ["type", "provider", "engine"])
def test_a_type_tells_what_a_name_does_not(tmp_path: Path, key: str) -> None:
    found = sections(tmp_path, mine={key: "ollama", "base_url": "http://10.0.0.5:9"}, openai={key: "ollama"})

    assert found.provider("mine").engine is Engine.OLLAMA
    assert found.provider("mine").declared_local
    assert found.provider("openai").engine is Engine.OPENAI


@pytest.mark.parametrize("key", ["base_url", "api_base", "apiBase", "url", "host", "endpoint"])
def test_an_address_has_many_names(tmp_path: Path, key: str) -> None:
    assert sections(tmp_path, ollama={key: " http://127.0.0.1:9 "}).provider("ollama").server == "http://127.0.0.1:9"


def test_a_section_may_be_the_address_alone(tmp_path: Path) -> None:
    found = sections(tmp_path, ollama="http://127.0.0.1:9")

    assert found.provider("ollama").server == "http://127.0.0.1:9"
    assert found.problems == []


@pytest.mark.parametrize(
    ("body", "server"),
    [
        ({"host": "localhost", "port": 11500}, "http://127.0.0.1:11500"),
        ({"host": "localhost", "port": "11500"}, "http://127.0.0.1:11500"),
        ({"host": "localhost:9", "port": 11500}, "http://127.0.0.1:9"),
        ({"host": "http://localhost:9", "port": 11500}, "http://127.0.0.1:9"),
        ({"host": "localhost"}, "http://127.0.0.1:11434"),
        ({"base_url": "localhost"}, "http://127.0.0.1:11434"),
        ({"host": "http://localhost"}, "http://127.0.0.1:80"),
        ({"port": 11500}, DEFAULT_SERVER),
    ],
)
def test_a_port_may_stand_beside_the_host(tmp_path: Path, body: object, server: str) -> None:
    assert sections(tmp_path, ollama=body).provider("ollama").server == server


@pytest.mark.parametrize(
    "body",
    [
        {"base_url": "http://user:secret@10.0.0.5:11434"},
        {"base_url": "${OLLAMA_URL}"},
        {"base_url": "http://10.0.0.5:11434?key=secret"},
        {"base_url": "ftp://10.0.0.5"},
        {"base_url": "http://"},
        {"base_url": "x" * 3000},
        {"host": "10.0.0.5", "port": "secret"},
        {"host": "10.0.0.5", "port": 99999999},
    ],
)
def test_what_is_no_address_leads_nowhere_and_is_told_without_it(tmp_path: Path, body: object) -> None:
    found = sections(tmp_path, ollama=body)
    provider = found.provider("ollama")

    assert (provider.engine, provider.server, provider.address) == (Engine.UNKNOWN, "ollama", FOREIGN)
    assert (provider.hosted, provider.declared_local) == (False, True)
    assert [code for code, _ in found.problems] == ["wrong-type"]
    assert found.problems[0][1].startswith("ollama: ")
    assert found.access.named == {}
    for private in ("secret", "10.0.0.5"):
        assert private not in text_of_facts(found)


def test_no_private_address_is_in_any_fact(tmp_path: Path) -> None:
    found = sections(
        tmp_path,
        ollama={"base_url": "http://192.168.7.31:11434/secret-path", "models": ["llama3"]},
        other={"base_url": "https://llm.corp.example/sk-in-the-path/v1"},
        box={"base_url": "http://gpu-box:11434"},
        openai={"base_url": "http://[fd12::1]:8000"},
    )
    text = text_of_facts(found)

    for private in ("192.168", "secret", "corp", "sk-in", "gpu-box", "fd12"):
        assert private not in text
    assert "gpu-box" in str(found.access.named)
    assert "gpu-box" not in repr(found.access)


def test_no_key_is_in_any_fact(tmp_path: Path) -> None:
    found = sections(
        tmp_path,
        anthropic={"api_key": ANTHROPIC_KEY, "api_key_env": "ANTHROPIC_API_KEY"},
        openai={"api_key_env": ANTHROPIC_KEY},
        huggingface={"key_env": HF_TOKEN},
        groq={"api_key": {"value": "topsecret"}, "api_key_env": ["topsecret"]},
    )
    text = text_of_facts(found)

    assert found.provider("anthropic").key_variable == "ANTHROPIC_API_KEY"
    assert found.provider("openai").key_variable == NO_NAME
    assert found.provider("huggingface").key_variable == NO_NAME
    assert found.provider("groq").key_variable is None
    for secret in ("kkkk", "AbCdEf", "topsecret"):
        assert secret not in text
    assert found.problems == [
        ("wrong-type", "openai.api_key_env must name a variable"),
        ("wrong-type", "huggingface.key_env must name a variable"),
        ("wrong-type", "groq.api_key_env must be a text"),
    ]


@pytest.mark.parametrize("name", ["MY KEY", "1KEY", "KEY-1", "K" * 101, "\x1b[31m"])
def test_what_cannot_be_a_variable_is_not_kept_as_one(tmp_path: Path, name: str) -> None:
    assert sections(tmp_path, openai={"api_key_env": name}).provider("openai").key_variable == NO_NAME


def test_unknown_keys_and_wrong_types_are_told_where_they_stand(tmp_path: Path) -> None:
    text = """{"model_providers": {
      "ollama": {
        "base_ulr": "http://localhost:1",
        "base_url": 5,
        "type": null
      },
      "openai": 3,
      "anthropic": null,
      "groq": []
    }, "agent_models": {}}"""
    found = read(tmp_path, text)

    assert [(one.code, one.detail, one.place.line) for one in found.configuration.problems] == [
        ("unknown-key", "ollama.base_ulr", 3),
        ("wrong-type", "ollama.base_url must be a text", 4),
        ("wrong-type", "openai must be an object", 7),
        ("wrong-type", "anthropic must be an object", 8),
        ("wrong-type", "groq must be an object", 9),
    ]
    assert [(one.name, one.at) for one in found.configuration.providers] == [
        ("ollama", Place("config/models_config.json", 2))
    ]


@pytest.mark.parametrize("providers", [[], 3, "ollama", None, True])
def test_a_section_of_providers_that_is_no_object_is_told(tmp_path: Path, providers: object) -> None:
    found = read(tmp_path, {"model_providers": providers, "agent_models": {"a": "ollama/x"}})

    assert found.problems == [("wrong-type", "model_providers must be an object")]
    assert found.configuration.providers == ()
    assert found.target().engine is Engine.OLLAMA


def test_more_providers_than_anybody_has_leave_the_agents_unseen(tmp_path: Path) -> None:
    """What is not read may be the very section that an agent goes to."""
    most: dict[str, object] = {f"p{number}": {} for number in range(MOST_PROVIDERS)}

    assert isinstance(sections(tmp_path, **most).agents, Agents)
    found = sections(tmp_path, **most, ollama={"base_url": "https://llm.example.com"})

    assert len(found.configuration.providers) == MOST_PROVIDERS
    assert found.problems == [("too-many", f"model_providers has more than {MOST_PROVIDERS}")]
    assert not isinstance(found.agents, Agents)


def test_sections_that_are_called_alike_stay_apart(tmp_path: Path) -> None:
    found = sections(
        tmp_path,
        Lan={"base_url": "http://10.0.0.1:11434"},
        lan={"base_url": "http://10.0.0.2:11434"},
        LAN={"base_url": "http://10.0.0.1:11434"},
        default={"base_url": "http://10.0.0.3:11434"},
        anthropic={"base_url": "https://gateway.example.com"},
        claude={"base_url": "https://api.anthropic.com"},
    )
    servers = [provider.server for provider in found.configuration.providers]

    assert servers == ["lan", "lan'", "lan", "default'", "anthropic", "anthropic'"]
    assert found.access.named["lan"] == "http://10.0.0.1:11434"
    assert found.access.named["lan'"] == "http://10.0.0.2:11434"
    assert DEFAULT_SERVER not in found.access.named


def test_a_section_called_like_an_address_does_not_take_its_place(tmp_path: Path) -> None:
    local = "http://127.0.0.1:11434"
    found = sections(tmp_path, **{local: {"base_url": "http://10.0.0.9:11434"}, "ollama": {"base_url": local}})
    first, second = found.configuration.providers

    assert (first.address, found.access.named[first.server]) == (FOREIGN, "http://10.0.0.9:11434")
    assert (second.address, found.access.named[second.server]) == (local, local)
    assert first.server != second.server


def test_two_spellings_of_this_machine_are_one_server(tmp_path: Path) -> None:
    found = sections(
        tmp_path, ollama={"base_url": "http://localhost:11434"}, openai={"base_url": "http://127.0.0.1:11434/v1"}
    )

    assert {provider.server for provider in found.configuration.providers} == {"http://127.0.0.1:11434"}


def test_hostile_names_are_made_printable_and_bounded(tmp_path: Path) -> None:
    name = "\x1b[31m\u202e" + "x" * 500
    found = sections(tmp_path, **{name: {"base_url": "http://10.0.0.1:11434"}})
    (provider,) = found.configuration.providers

    for text in (provider.name, provider.server):
        assert text.isprintable()
        assert len(text) <= 120
    assert text_of_facts(found)


@pytest.mark.parametrize(
    ("asked", "engine"),
    [
        ("Box", Engine.OPENAI_LOCAL),
        ("box", Engine.OLLAMA),
        ("BOX", Engine.OPENAI_LOCAL),
    ],
)
def test_a_name_means_its_own_spelling_first(tmp_path: Path, asked: str, engine: Engine) -> None:
    agent = {"model": "m", "provider": asked}
    found = read_agent(
        tmp_path,
        agent,
        Box={"base_url": "http://127.0.0.1:1234/v1"},
        box={"base_url": "http://127.0.0.1:11434"},
    )

    assert found.target().engine is engine
