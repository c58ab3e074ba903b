"""Services of a compose file that run Ollama: what each publishes, is set up with, and is given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import OLLAMA_PORT
from modelcheck.core.serving import Container, Origin, Published
from modelcheck.core.text import printable
from modelcheck.core.variables import HOST, kind_of, listens
from modelcheck.probes.compose.document import Item
from modelcheck.probes.compose.ports import published_ports
from modelcheck.probes.serving.setting import settings_of

MOST_SERVICES = 500
MOST_VARIABLES = 500
MOST_VOLUMES = 200
LONGEST_NAME = 80

_OTHERS = ("ui", "web", "proxy", "export", "client", "gateway", "router", "metrics", "chat")
_DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri", "nvidia.com/gpu", "amd.com/gpu")
_BIND = re.compile(r"(?P<source>(?:[A-Za-z]:[\\/])?[^:]+):(?P<target>/[^:]*)(?::[A-Za-z,]+)?")
_SERVES = re.compile(r"(?:^|[\s/;&|\"'])ollama\s+serve\b")


@dataclass(frozen=True)
class Service:
    """An Ollama service of a compose file, with what is no part of a report."""

    container: Container
    names: set[str]
    """By which other containers reach it."""
    mounts: dict[str, str] = field(repr=False)
    """The folders of the machine that it is given, as written: inside to outside."""


def containers(document: Item) -> Iterator[Service]:
    """Yield the Ollama services of a file."""
    for name, body in services(document):
        if _runs_ollama(body):
            yield Service(_container(name, body), names_of(name, body), dict(_mounts(body)))


def services(document: Item) -> Iterator[tuple[str, Item]]:
    """Yield every service of a file by its name."""
    yield from islice(document.under("services").items(), MOST_SERVICES)


def names_of(service: str, body: Item) -> set[str]:
    """Return the names by which other containers reach a service."""
    own = [item.text for key in ("container_name", "hostname") if (item := body.at(key)) is not None]
    aliases = [network.at("aliases") for network in body.under("networks").values()]
    return {service, *filter(None, own), *(word for alias in aliases if alias for word in alias.words)}


def is_on_host(body: Item) -> bool:
    """Whether a service is in the machine's own network, where it listens itself."""
    mode = body.at("network_mode")
    return mode is not None and mode.text == "host"


def _mounts(body: Item) -> Iterator[tuple[str, str]]:
    """Yield the folders of the machine that a service is given; a volume that Docker keeps has no path here."""
    volumes = body.at("volumes")
    for item in volumes.items[:MOST_VOLUMES] if volumes else []:
        if item.fields:
            source, target = (part.text if (part := item.at(key)) else None for key in ("source", "target"))
        else:
            bind = _BIND.fullmatch(item.text or "")
            source, target = (bind["source"], bind["target"]) if bind else (None, None)
        if source and target and _is_path(source):
            yield target, f"{PurePosixPath(body.path).parent}/{source}" if source.startswith(".") else source


def _is_path(source: str) -> bool:
    return source.startswith((".", "/", "~")) or source[1:3] in {":/", ":\\"}


def _runs_ollama(body: Item) -> bool:
    image = body.at("image")
    if image is not None and _is_ollama_image(image.text or image.written):
        return True
    starts = [item for key in ("command", "entrypoint") if (item := body.at(key)) is not None]
    return any(_SERVES.search(" ".join(item.words)) for item in starts)


def _is_ollama_image(image: str) -> bool:
    """Tell by the last part of the image's name; what only has to do with Ollama is called after it, too."""
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    return last.startswith("ollama") and not any(word in last.removeprefix("ollama") for word in _OTHERS)


def _container(name: str, body: Item) -> Container:
    shown = printable(name, LONGEST_NAME)
    written, places, unseen = _environment(body)
    image = body.at("image")
    return Container(
        name=shown,
        image=printable(image.written, LONGEST_NAME) if image else "",
        published=tuple(_published(shown, body, written.get(HOST))),
        variables=settings_of(written, Origin.COMPOSE, f"service {shown}", places=places),
        gpu=_gpu(body),
        place=body.place,
        unseen=tuple(unseen),
    )


def _environment(body: Item) -> tuple[dict[str, str], dict[str, Place], list[Gap]]:
    """Return a service's variables with their places, and where more lies: no env_file is opened."""
    values: dict[str, str] = {}
    places: dict[str, Place] = {}
    unseen: list[Gap] = []
    for name, item, text in _pairs(body.at("environment")):
        if kind_of(name) is None:
            continue
        if text is None:
            unseen.append(Gap(Why.UNDECIDED, about=f"{name} ({item.place.path}:{item.place.line})"))
        else:
            values[name], places[name] = text, item.place
    file = body.at("env_file")
    if file is not None and not file.is_null:
        unseen.append(Gap(Why.NOT_ASKED, about=f"the env_file at {file.place.path}:{file.place.line}"))
    return values, places, unseen


def _pairs(environment: Item | None) -> Iterator[tuple[str, Item, str | None]]:
    """Yield name, item and value of each variable, in the form of a mapping or of a list."""
    if environment is None:
        return
    for name, item in islice(environment.fields.items(), MOST_VARIABLES):
        yield name, item, item.text
    for item in environment.items[:MOST_VARIABLES]:
        name, found, _ = item.written.partition("=")
        text = item.text if found else None
        yield name.strip(), item, None if text is None else text.partition("=")[2]


def _published(service: str, body: Item, host: str | None) -> Iterator[Published]:
    """Yield what is published; a service in the machine's own network listens there itself."""
    address = listens(host) if host is not None else None
    mode = body.at("network_mode")
    if mode is None or not is_on_host(body):
        yield from published_ports(service, body.at("ports"), OLLAMA_PORT if address is None else address.port)
    elif address is None:  # the image's own OLLAMA_HOST is 0.0.0.0
        yield Published(service, "", OLLAMA_PORT, mode.place)
    elif not address.is_loopback:
        yield Published(service, "" if address.is_everywhere else "private", address.port, mode.place)


def _gpu(body: Item) -> bool | Gap:
    """Whether a graphics card is reserved for it, in any of the ways there are."""
    if (gpus := body.at("gpus")) is not None and not gpus.is_null:
        return True
    if (runtime := body.at("runtime")) is not None:
        return runtime.text == "nvidia" if runtime.text else Gap(Why.UNDECIDED, about="runtime")
    reserved = body.at("deploy", "resources", "reservations", "devices")
    if reserved is not None and any(
        "gpu" in words.words for one in reserved.items if (words := one.at("capabilities"))
    ):
        return True
    devices = body.at("devices")
    return devices is not None and any(word.startswith(_DEVICES) for word in devices.words)
