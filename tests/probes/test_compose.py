"""Compose files: which services run Ollama, what they publish and are set up with, each with its line."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Origin, Setting
from modelcheck.probes.compose import compose
from modelcheck.probes.compose.document import LIMIT, NotCompose, read_document, resolved

ID = "http://127.0.0.1:11434"
NAMED = {ID: "http://localhost:11434", "boxed": "http://ollama:11434", "other": "http://127.0.0.1:9999"}
SERVERS = Servers(tuple(Server(id, Engine.OLLAMA, id) for id in NAMED))


def look(root: Path, text: str | bytes, path: str = "compose.yaml", **more: Any) -> Containers:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    return compose(access_to(root, named=NAMED, **more), SERVERS)


def service(root: Path, body: str) -> Container:
    """The one service of a file, its body indented by four from line 3 on."""
    lines = "\n".join(f"    {line}" for line in dedent(body).strip().splitlines())
    (found,) = look(root, f"services:\n  ollama:\n{lines}\n").services
    return found


def told(value: str | int | Gap) -> str | int:
    return "?" if isinstance(value, Gap) else value


def published(root: Path, port: str) -> list[tuple[str | int, str | int]]:
    found = service(root, f"image: ollama/ollama\nports:\n  - {port}")
    return [(told(one.host), told(one.port)) for one in found.published]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("11434:11434", [("", 11434)]),
        ('"11434:11434"', [("", 11434)]),
        ('"11500:11434/tcp"', [("", 11500)]),
        ('"11434:11434/udp"', []),
        ('"0.0.0.0:11434:11434"', [("", 11434)]),
        ('"[::]:11434:11434"', [("", 11434)]),
        ('"127.0.0.1:11434:11434"', [("127.0.0.1", 11434)]),
        ('"[::1]:11434:11434"', [("::1", 11434)]),
        ('"::1:11434:11434"', [("::1", 11434)]),
        ('"localhost:11434:11434"', [("localhost", 11434)]),
        ('"192.168.1.7:11434:11434"', [("private", 11434)]),
        ('"8.8.8.8:11434:11434"', [("public", 11434)]),
        ('"box:11434:11434"', [("?", 11434)]),
        ('"a b:11434:11434"', [("?", 11434)]),
        ('"127.0.0.1::11434"', [("127.0.0.1", "?")]),
        ("11434", [("", "?")]),
        ('"8080:8080"', []),
        ('"11430-11440:11430-11440"', [("", 11434)]),
        ('"12430-12440:11430-11440"', [("", 12434)]),
        ('"${PORT:-11434}:11434"', [("", 11434)]),
        ('"${BIND:-127.0.0.1}:${PORT:-11434}:11434"', [("127.0.0.1", 11434)]),
        ('"${BIND-0.0.0.0}:11434:11434"', [("", 11434)]),
        ('"${BIND:-127.0.0.1:}11434:11434"', [("127.0.0.1", 11434)]),
        ('"${PORT}:11434"', [("?", "?")]),
        ('"$PORT:11434"', [("?", "?")]),
        ('"${BIND}:11434:11434"', [("?", 11434)]),
        ('"0.0.0.0:${PORT}:11434"', [("", "?")]),
        ('"11434:${PORT}"', [("", 11434)]),
        ('"${ALL}"', [("?", "?")]),
        ('"not a port"', []),
        ("{target: 11434, published: 11434}", [("", 11434)]),
        ('{target: 11434, published: "11500", host_ip: 127.0.0.1, mode: host}', [("127.0.0.1", 11500)]),
        ("{target: 11434}", [("", "?")]),
        ("{target: 11434, published: 1, protocol: udp}", []),
        ("{target: 80, published: 11434}", []),
        ('{target: 11434, host_ip: "${BIND}"}', [("?", "?")]),
    ],
)
def test_a_port_is_read_as_compose_reads_it(tmp_path: Path, port: str, expected: list[object]) -> None:
    assert published(tmp_path, port) == expected


def test_a_port_has_its_line_and_its_service(tmp_path: Path) -> None:
    (port,) = service(tmp_path, "image: ollama/ollama\nports:\n  # all of it\n  - 11434:11434").published

    assert (port.service, port.place) == ("ollama", Place("compose.yaml", 6))


def test_the_port_that_the_service_listens_at_is_the_one_that_counts(tmp_path: Path) -> None:
    found = service(
        tmp_path, "image: ollama/ollama\nports: ['1:11434', '2:9000']\nenvironment: {OLLAMA_HOST: '0.0.0.0:9000'}"
    )

    assert [one.port for one in found.published] == [2]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", [("", 11434)]),
        ("OLLAMA_HOST: 0.0.0.0:9000", [("", 9000)]),
        ("OLLAMA_HOST: 127.0.0.1", []),
        ("OLLAMA_HOST: 10.0.0.7", [("private", 11434)]),
    ],
)
def test_in_the_machines_own_network_the_service_listens_itself(
    tmp_path: Path, host: str, expected: list[object]
) -> None:
    found = service(tmp_path, f"image: ollama/ollama\nnetwork_mode: host\nenvironment: {{{host}}}")

    assert [(one.host, one.port) for one in found.published] == expected


@pytest.mark.parametrize(
    "body",
    [
        "image: ollama/ollama",
        "image: ollama/ollama:0.32.15-rocm",
        "image: docker.io/ollama/ollama@sha256:abc",
        "image: registry.example:5000/alpine/ollama:latest",
        "image: myself/ollama-cuda",
        'image: "ollama/ollama:${TAG}"',
        "image: debian\ncommand: ollama serve",
        "image: debian\ncommand: [/bin/sh, -c, '/usr/bin/ollama serve & wait']",
        "build: .\nentrypoint: [ollama, serve]",
    ],
)
def test_a_service_that_runs_ollama_is_found(tmp_path: Path, body: str) -> None:
    assert service(tmp_path, body).name == "ollama"


@pytest.mark.parametrize(
    "body",
    [
        "image: ghcr.io/open-webui/open-webui:ollama",
        "image: ollama-webui/ollama-webui",
        "image: someone/ollama-exporter",
        "image: python:3.12",
        "image: python:3.12\ncommand: python serve.py ollama",
        "# image: ollama/ollama\nimage: busybox",
        "image:",
        "image: [ollama/ollama]",
        "build: ollama",
    ],
)
def test_what_only_has_to_do_with_it_is_none(tmp_path: Path, body: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())

    assert look(tmp_path, f"services:\n  ollama:\n{lines}\n") == Containers(())


def variables(container: Container) -> dict[str, str]:
    return {one.name: one.value for one in container.variables}


@pytest.mark.parametrize(
    "environment",
    [
        "environment:\n  OLLAMA_MAX_QUEUE: 9\n  OLLAMA_KEEP_ALIVE: 24h\n  SECRET: x",
        "environment:\n  - OLLAMA_MAX_QUEUE=9\n  - OLLAMA_KEEP_ALIVE=24h\n  - SECRET=x",
        'environment:\n  OLLAMA_MAX_QUEUE: "${QUEUE:-9}"\n  OLLAMA_KEEP_ALIVE: ${KEEP-24h}',
    ],
)
def test_variables_are_read_in_both_forms(tmp_path: Path, environment: str) -> None:
    found = service(tmp_path, f"image: ollama/ollama\n{environment}")

    assert variables(found) == {"OLLAMA_MAX_QUEUE": "9", "OLLAMA_KEEP_ALIVE": "24h"}
    queue = Setting("OLLAMA_MAX_QUEUE", "9", Origin.COMPOSE, "service ollama", Place("compose.yaml", 5))
    assert queue in found.variables


@pytest.mark.parametrize(
    "environment",
    [
        "environment:\n  OLLAMA_MAX_QUEUE:",
        "environment:\n  - OLLAMA_MAX_QUEUE",
        "environment:\n  - OLLAMA_MAX_QUEUE=${QUEUE}",
        "environment:\n  OLLAMA_MAX_QUEUE: ${QUEUE:?is missing}",
    ],
)
def test_a_variable_that_is_left_open_is_said(tmp_path: Path, environment: str) -> None:
    found = service(tmp_path, f"image: ollama/ollama\n{environment}")

    assert variables(found) == {}
    assert found.unseen == (Gap(Why.UNDECIDED, about="OLLAMA_MAX_QUEUE (compose.yaml:5)"),)


def test_an_env_file_is_named_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.env").write_text("OLLAMA_HOST=0.0.0.0\n")

    found = service(tmp_path, "image: ollama/ollama\nenv_file: secret.env")

    assert (found.unseen, found.variables) == ((Gap(Why.NOT_ASKED, about="the env_file at compose.yaml:4"),), ())


def test_a_key_is_not_shown(tmp_path: Path) -> None:
    found = service(tmp_path, "image: ollama/ollama\nenvironment: {OLLAMA_API_KEY: abc, HTTPS_PROXY: 'http://u:p@h'}")

    assert variables(found) == {"OLLAMA_API_KEY": "set", "HTTPS_PROXY": "set"}


GPU = "deploy: {resources: {reservations: {devices: [{driver: nvidia, capabilities: [gpu]}]}}}"


@pytest.mark.parametrize(
    ("body", "gpu"),
    [
        (GPU, True),
        (GPU.replace("gpu", "tpu"), False),
        ("deploy: {resources: {reservations: {devices: [{}]}}}", False),
        ("gpus: all", True),
        ("gpus:", False),
        ("runtime: nvidia", True),
        ("runtime: runc", False),
        ("runtime: ${RUNTIME}", Gap(Why.UNDECIDED, about="runtime")),
        ("devices: ['/dev/kfd', '/dev/dri']", True),
        ("devices: ['/dev/ttyUSB0']", False),
        ("restart: always", False),
    ],
)
def test_a_card_is_given_in_several_ways(tmp_path: Path, body: str, gpu: object) -> None:
    assert service(tmp_path, f"image: ollama/ollama\n{body}").gpu == gpu


@pytest.mark.parametrize(
    ("body", "serves"),
    [
        ("ports: ['127.0.0.1:11434:11434']", (ID, "boxed")),
        ("ports: ['9999:11434']", ("boxed", "other")),
        ("ports: ['${PORT}:11434']", (ID, "boxed")),
        ("restart: always", ("boxed",)),
        ("network_mode: host", (ID, "boxed")),
    ],
)
def test_a_service_is_the_server_that_its_names_and_ports_lead_to(
    tmp_path: Path, body: str, serves: tuple[str, ...]
) -> None:
    assert service(tmp_path, f"image: ollama/ollama\n{body}").serves == serves


@pytest.mark.parametrize(
    "body", ["container_name: ollama", "hostname: ollama", "networks: {inner: {aliases: [ollama]}}"]
)
def test_a_service_has_other_names(tmp_path: Path, body: str) -> None:
    (found,) = look(tmp_path, f"services:\n  llm:\n    image: ollama/ollama\n    {body}\n").services

    assert found.serves == ("boxed",)


def test_the_address_that_the_user_gives_counts_as_well(tmp_path: Path) -> None:
    text = "services:\n  o:\n    image: ollama/ollama\n    ports: ['7000:11434']\n"

    (found,) = look(tmp_path, text, endpoints={"other": "http://127.0.0.1:7000"}).services

    assert found.serves == ("other",)


def test_what_no_address_can_be_made_of_matches_nothing(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {o: {image: ollama/ollama, ports: ['1:11434']}}")
    servers = Servers((Server("x", Engine.OLLAMA, "x"), Server("y", Engine.OPENAI_LOCAL, "y")))

    (found,) = compose(access_to(tmp_path, named={"x": "nonsense"}), servers).services

    assert found.serves == ()


TEMPLATE = """
    x-ollama: &ollama
      image: ollama/ollama
      ports: ["11434:11434"]
    services:
      one:
        <<: *ollama
        ports: ["127.0.0.1:11434:11434"]
      two:
        <<: [*ollama, {gpus: all}]
      three:
        <<: *ollama
        ports: !reset []
    """


def test_templates_are_merged_behind_what_a_service_says_itself(tmp_path: Path) -> None:
    one, two, three = look(tmp_path, TEMPLATE).services

    assert [port.host for port in one.published] == ["127.0.0.1"]
    assert [port.host for port in two.published] == [""]
    assert two.gpu is True
    assert three.published == ()


@pytest.mark.parametrize(
    "path",
    [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
        "docker-compose.override.yaml",
        "compose.prod.yaml",
        "docker/compose.yaml",
        "deploy/docker-compose.gpu.yml",
        ".devcontainer/docker-compose.yml",
    ],
)
def test_the_usual_places_are_looked_at(tmp_path: Path, path: str) -> None:
    (found,) = look(tmp_path, "services: {o: {image: ollama/ollama}}", path).services

    assert found.place.path == path


@pytest.mark.parametrize("path", ["mycompose.yaml", "compose.json", "src/compose.yaml", "docker/deep/compose.yaml"])
def test_other_files_are_none(tmp_path: Path, path: str) -> None:
    assert look(tmp_path, "services: {o: {image: ollama/ollama}}", path) == Containers(())


def about(found: Containers) -> list[str]:
    assert found.services == ()
    return [gap.about for gap in found.unread]


NESTED = b"services: " + b"[" * 10_000
BOMB = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 90)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services:\n  o: {image: ollama/ollama}\n bad", "line 3 is not YAML"),
        ("services: {}\nservices: {}", "line 1: services stands twice"),
        ("- a list", "it holds no mapping"),
        ("", "it holds no mapping"),
        ("a: 1\n---\nb: 2", "line 2 is not YAML"),
        (b"a: \xff", "it is not UTF-8"),
        (b"a: \x07", "it is not YAML"),
        (BOMB, "it has more than 1000 aliases"),
        (NESTED, "it is not YAML"),
        (b"a: " + b"x" * LIMIT, f"it is larger than {LIMIT // 1024} KiB"),
        (b"a: " + b"x" * (50 << 20), f"it is larger than {LIMIT // 1024} KiB"),
        ("a: *nowhere", "line 1 is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_with_the_reason(tmp_path: Path, text: str | bytes, reason: str) -> None:
    assert about(look(tmp_path, text)) == [f"compose.yaml: {reason}"]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text("services: {o: {image: ollama/ollama}}")
    (root / "compose.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "docker").symlink_to(tmp_path)

    assert about(compose(access_to(root), SERVERS)) == ["compose.yaml: a link leads out of the project"]


def test_a_link_that_leads_nowhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").symlink_to("gone")

    assert compose(access_to(tmp_path), SERVERS) == Containers(())


def test_many_large_files_end_in_a_bound(tmp_path: Path) -> None:
    for index in range(4):
        (tmp_path / f"compose.{index}.yaml").write_text("a: " + "x" * (LIMIT - 10))

    assert about(compose(access_to(tmp_path), SERVERS)) == ["compose.3.yaml: it is larger than 0 KiB"]


def test_too_many_files_are_said(tmp_path: Path) -> None:
    for index in range(21):
        (tmp_path / f"compose.{index}.yaml").write_text("a: 1")

    assert about(compose(access_to(tmp_path), SERVERS)) == ["20 compose files"]


@pytest.mark.parametrize(
    "text",
    [
        "services: &s {o: {image: ollama/ollama, environment: *s, ports: *s, networks: *s, <<: *s}}",
        "services: {o: &o {image: ollama/ollama, <<: [*o, *o, *o], deploy: *o, ports: [*o]}}",
        "services: {o: {image: ollama/ollama, ports: 11434, environment: 3, deploy: [], networks: [a], devices: {}}}",
        "services: {o: {image: ollama/ollama, ? [a, b] : c, ? {x: y} : z, <<: text}}",
        "services: [a, b]",
        "services:",
        "services: {o: ollama/ollama, p: , q: [x]}",
    ],
)
def test_odd_shapes_are_borne(tmp_path: Path, text: str) -> None:
    assert look(tmp_path, text).unread == ()


@given(st.text(alphabet=st.sampled_from("ab:${}-?+ \n[]&*<>!|'\"%@,11434services image"), max_size=200))
def test_any_text_is_borne(text: str) -> None:
    try:
        document = read_document(text.encode(), "compose.yaml")
    except NotCompose:
        return
    assert document.at("services", "x", "y") is None or document.fields


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$$HOME", "$HOME"),
        ("${A:-b}", "b"),
        ("${A-b}c", "bc"),
        ("${A:-}", ""),
        ("${A:+b}", ""),
        ("${A}", None),
        ("$A", None),
        ("${A:?no}", None),
        ("${A:-${B:-c}}", None),
        ("${A", None),
        ("5$", "5$"),
    ],
)
def test_a_variable_is_replaced_by_its_default_alone(text: str, value: str | None) -> None:
    assert resolved(text) == value
