"""Where servers are asked that a project names as its containers do; from the project alone only on this machine."""

from pathlib import Path
from typing import Any

import pytest
from native_project import access_to, read
from shop import access as shop_access

from modelcheck.core.asked import Server, Servers
from modelcheck.core.gap import Gap, Why
from modelcheck.core.mapping import By, Mapped
from modelcheck.core.project import Agents, Engine
from modelcheck.probes import system
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.asked import asked
from modelcheck.probes.mapping import mapping
from modelcheck.probes.ollama.address import address_of, host_label

UNSEEN = Gap(Why.NOT_ASKED)


@pytest.fixture(autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain Linux under a folder of its own, whatever the tests run in."""
    root = tmp_path_factory.mktemp("machine")
    monkeypatch.setattr(system, "ROOT", root)
    return root


def contain(machine: Path) -> None:
    (machine / ".dockerenv").touch()


def project(root: Path, url: str, services: str = "", provider: str = "box", **allowed: Any) -> tuple[Access, Server]:
    """Read a project with one server, and return it as the report knows it."""
    root.mkdir(parents=True, exist_ok=True)
    if services:
        (root / "compose.yaml").write_text(f"services:\n{services}")
    section: dict[str, object] = {"base_url": url, "type": "ollama"}
    found = read(root, {"model_providers": {provider: section}, "agent_models": {"a": f"{provider}/x"}}, **allowed)
    assert isinstance(found.agents, Agents)
    (server,) = asked(found.access, found.configuration, found.agents)[2].servers
    return found.access, server


def service(*lines: str, name: str = "ollama", image: str = "ollama/ollama") -> str:
    return "\n".join([f"  {name}:", f"    image: {image}", *(f"    {line}" for line in lines), ""])


def mapped(access: Access, server: Server) -> tuple[Mapped, ...]:
    return mapping(access, Servers((server,))).servers


@pytest.mark.parametrize("host", ["host.docker.internal", "HOST.DOCKER.INTERNAL", "host.containers.internal"])
def test_a_name_of_the_machine_itself_is_asked_on_loopback(tmp_path: Path, host: str) -> None:
    access, server = project(tmp_path, f"http://{host}:11434/v1")

    assert address_of(access, server) == "http://127.0.0.1:11434"
    assert address_of(shop_access(mapped=access.mapped, named=access.named, offline=True), server) == (
        "http://127.0.0.1:11434"
    )
    named = f"http://{host.lower()}:11434"
    assert server.address == named
    assert mapped(access, server) == (Mapped(named, "127.0.0.1:11434", By.NAME),)


def test_in_a_container_the_names_of_the_machine_need_the_users_word(tmp_path: Path, machine: Path) -> None:
    contain(machine)
    access, server = project(tmp_path, "http://host.docker.internal:11434")

    hint = "--endpoint host.docker.internal:11434=URL"
    assert address_of(access, server) == Gap(Why.NOT_TRUSTED, about="http://host.docker.internal:11434", hint=hint)
    assert mapped(access, server) == ()


def test_a_trusted_name_of_the_machine_is_asked_as_it_is(tmp_path: Path) -> None:
    access, server = project(
        tmp_path, "http://host.docker.internal:11434", trusted_hosts=frozenset({"host.docker.internal"})
    )

    assert address_of(access, server) == "http://host.docker.internal:11434"
    assert mapped(access, server) == ()


@pytest.mark.parametrize(
    ("lines", "port"),
    [
        (["ports: ['11434:11434']"], 11434),
        (["ports: ['127.0.0.1:7000:11434']"], 7000),
        (["ports: ['0.0.0.0:7000:11434/tcp']"], 7000),
        (["ports: [{target: 11434, published: '7001'}]"], 7001),
        (["ports: ['${PORT:-7002}:11434']"], 7002),
        (["ports: ['9000:80', '7003:11434']"], 7003),
        (["network_mode: host"], 11434),
    ],
)
def test_a_service_is_asked_where_its_port_is_published(tmp_path: Path, lines: list[str], port: int) -> None:
    access, server = project(tmp_path, "http://ollama:11434", service(*lines))

    assert address_of(access, server) == f"http://127.0.0.1:{port}"
    assert mapped(access, server) == (Mapped("http://ollama:11434", f"127.0.0.1:{port}", By.COMPOSE),)


@pytest.mark.parametrize(
    "lines",
    [
        ["restart: always"],
        ["ports: ['11434']"],
        ["ports: ['${PORT}:11434']"],
        ["ports: ['9000:80']"],
        ["ports: ['192.168.7.7:7000:11434']"],
        ["ports: ['7000:11434/udp']"],
        ["ports: ['99999:11434']"],
        ["network_mode: bridge"],
    ],
)
def test_a_service_that_this_machine_does_not_publish_needs_the_users_word(tmp_path: Path, lines: list[str]) -> None:
    access, server = project(tmp_path, "http://ollama:11434", service(*lines))

    hint = "--endpoint ollama:11434=URL"
    assert address_of(access, server) == Gap(Why.NOT_TRUSTED, about="http://ollama:11434", hint=hint)
    assert mapped(access, server) == ()


def test_a_service_of_another_engine_is_published_as_well(tmp_path: Path) -> None:
    text = service("ports: ['8001:8000']", name="llm", image="vllm/vllm-openai")
    access, server = project(tmp_path, "http://LLM:8000/v1", text, provider="vllm")

    assert address_of(access, server) == "http://127.0.0.1:8001"


def test_a_service_in_a_container_of_ours_is_no_port_of_ours(tmp_path: Path, machine: Path) -> None:
    contain(machine)
    access, server = project(tmp_path, "http://ollama:11434", service("ports: ['11434:11434']"))

    assert isinstance(address_of(access, server), Gap)


@pytest.mark.parametrize("url", ["http://gpu-box:11434", "http://10.0.0.5:11434", "http://box.lan:11434"])
def test_a_host_that_no_compose_file_has_is_neither_asked_nor_shown(tmp_path: Path, url: str) -> None:
    access, server = project(tmp_path, url, service("ports: ['11434:11434']"))

    assert address_of(access, server) == Gap(Why.NOT_TRUSTED, about=FOREIGN, hint="--trust-host HOST")
    assert url.partition("//")[2].partition(":")[0] not in repr((server, mapped(access, server)))


def test_the_bridge_of_docker_is_named_with_the_option_that_allows_it(tmp_path: Path) -> None:
    access, server = project(tmp_path, "http://172.17.0.1:11434")
    option = "--endpoint 172.17.0.1:11434=http://127.0.0.1:11434"

    assert address_of(access, server) == Gap(Why.NOT_TRUSTED, about=FOREIGN, hint=option)
    key, _, url = option.removeprefix("--endpoint ").partition("=")
    access, server = project(tmp_path, "http://172.17.0.1:11434", endpoints={key: url})
    assert address_of(access, server) == url


@pytest.mark.parametrize("text", ["services: [", "services: {ollama: [", "\0", "x" * 100_000])
def test_a_compose_file_that_cannot_be_read_maps_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    access, server = project(tmp_path, "http://ollama:11434")

    assert isinstance(address_of(access, server), Gap)


def test_the_user_maps_an_address_of_the_project_by_its_host_and_port(tmp_path: Path) -> None:
    given = {"10.0.0.5:11434": "http://192.168.7.7:1", "http://10.0.0.5:11435": "http://127.0.0.1:2"}
    access, server = project(tmp_path, "http://10.0.0.5:11434/v1", endpoints=given)

    assert address_of(access, server) == "http://192.168.7.7:1"
    (said,) = mapped(access, server)
    assert said == Mapped("the address of box", "the endpoint given for ollama", By.USER)
    assert host_label(access, server, "http://192.168.7.7:1") == "the endpoint given for ollama"
    access, server = project(tmp_path, "http://10.0.0.5:9", endpoints=given)
    assert isinstance(address_of(access, server), Gap)


def test_the_users_word_for_an_address_outweighs_that_for_all_of_ollama(tmp_path: Path) -> None:
    given = {"ollama": "http://127.0.0.1:1", "http://localhost:11434": "http://127.0.0.1:2"}
    access, server = project(tmp_path, "http://127.0.0.1:11434", endpoints=given)

    assert address_of(access, server) == "http://127.0.0.1:2"
    assert mapped(access, server) == (Mapped("http://127.0.0.1:11434", "the endpoint given for ollama", By.USER),)
    access, server = project(tmp_path, "http://ollama:11434", endpoints={"ollama": "http://127.0.0.1:1"})
    assert address_of(access, server) == "http://127.0.0.1:1"
    assert mapped(access, server) == ()


def test_offline_holds_for_what_the_user_maps(tmp_path: Path) -> None:
    access, server = project(tmp_path, "http://ollama:11434", endpoints={"ollama:11434": "http://10.0.0.5:1"})

    assert isinstance(address_of(shop_access(named=access.named, offline=True), server), Gap)


def test_what_was_noted_reaches_nothing_but_this_machine() -> None:
    server = Server("box", Engine.OLLAMA, FOREIGN)
    access = access_to(Path(), named={"box": "http://10.0.0.5:1"}, mapped={"box": "http://10.0.0.5:1"})

    assert isinstance(address_of(access, server), Gap)


@pytest.mark.parametrize(
    "text",
    [
        "${OLLAMA_HOST}",
        "$OLLAMA_HOST",
        "http://${OLLAMA_HOST}",
        "${OLLAMA_HOST:-http://localhost:11434}",
        "${OLLAMA_HOST:-127.0.0.1:11434}",
        "${OLLAMA_HOST:-}",
        "%OLLAMA_HOST%",
        "{env:OLLAMA_HOST}",
        "os.environ/OLLAMA_HOST",
    ],
)
def test_an_address_taken_from_ollamas_own_variable_is_its_default_server(tmp_path: Path, text: str) -> None:
    access, server = project(tmp_path, text, provider="ollama", environ={"OLLAMA_HOST": "127.0.0.1:7000"})

    assert server.id == "default"
    assert address_of(access, server) == "http://127.0.0.1:7000"


@pytest.mark.parametrize(
    "text",
    [
        "${OLLAMA_URL}",
        "${OLLAMA_HOST}.example",
        "${OLLAMA_HOST:-http://10.0.0.5:11434}",
        "http://x/${OLLAMA_HOST}",
        "$X",
    ],
)
def test_an_address_taken_from_another_variable_is_not_looked_up(tmp_path: Path, text: str) -> None:
    section = {"base_url": text, "type": "ollama"}
    environ = {"OLLAMA_HOST": "127.0.0.1:7000", "OLLAMA_URL": "http://127.0.0.1:7000", "X": "http://127.0.0.1:7000"}
    found = read(tmp_path, {"model_providers": {"box": section}, "agent_models": {"a": "box/x"}}, environ=environ)

    assert found.provider("box").engine is Engine.UNKNOWN
