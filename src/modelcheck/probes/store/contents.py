"""One store, read: its models, what is wrong with them, and what else lies in it."""

import hashlib
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.name import ModelName
from modelcheck.core.stores import Fault, Flaw, Leftovers, Store
from modelcheck.core.text import printable
from modelcheck.probes.folders import Folder
from modelcheck.probes.store.blobs import blob, digits, fault, leftovers
from modelcheck.probes.store.manifests import MOST_BYTES, Layer, Manifest, Reading, read_manifests

MOST_FLAWS = 1000
"""Flaws of one store that are kept."""
MOST_TEMPLATE = 256 << 10
"""Bytes of a template that are read."""
DIGITS = 12
"""Of a digest, as Ollama shows it."""

_MAGIC = (b"GGUF", b"FUGG")  # the second is big-endian
_ODD = re.compile(
    r"__(?:base|bases|builtins|class|dict|getattribute|globals|import|init|mro|subclasses)__"
    r"|\bos\.(?:popen|system)\b|\bsubprocess\."
    "|[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
"""What reaches for code in the templates that other programs fill, and marks that turn or hide text."""


class _Config(msgspec.Struct, frozen=True):
    model_format: str | None = None
    model_family: str | None = None
    model_type: str | None = None
    file_type: str | None = None
    remote_host: str | None = None
    remote_model: str | None = None


def read_store(folder: Folder, until: float) -> Store:
    """Read a store until a `time.monotonic` moment; of the blobs, only small ones and first bytes are opened."""
    reading = read_manifests(folder, until)
    look = _Look(folder)
    entries = tuple(look.entry(name, data, manifest) for name, data, manifest in reading.models)
    dangling, partial = _leftovers(folder, reading)
    return Store(
        root=folder.shown,
        entries=entries,
        flaws=tuple(look.flaws[:MOST_FLAWS]),
        doubt=reading.doubt or look.doubt,
        unreadable=reading.unreadable,
        misplaced=reading.misplaced,
        dangling=dangling,
        partial=partial,
        free=_free(folder),
    )


@dataclass
class _Look:
    """A look at the blobs of every model of a store."""

    folder: Folder
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    doubt: Gap | None = None

    def entry(self, name: ModelName, data: bytes, manifest: Manifest) -> Entry:
        """Describe one model, and note what is wrong with it."""
        whole = self._whole(name, manifest)
        config = _config(self.folder, manifest.config)
        return Entry(
            name=name.shortest,
            size=sum(layer.size for layer in (*(manifest.layers or ()), manifest.config)),
            digest=hashlib.sha256(data).hexdigest(),
            remote=config if isinstance(config, Gap) else bool(config.remote_host or config.remote_model),
            family=config if isinstance(config, Gap) else _stated(config.model_family),
            parameters=config if isinstance(config, Gap) else _stated(config.model_type),
            quantisation=config if isinstance(config, Gap) else _stated(config.file_type),
            whole=whole,
            template=_digest_of(manifest.of_kind("template")),
            licence=_digest_of(manifest.of_kind("license")),
            format=config if isinstance(config, Gap) else _stated(config.model_format),
        )

    def _whole(self, name: ModelName, manifest: Manifest) -> bool | Gap:
        """A blob that is proven to be missing or short outweighs one that could not be looked at."""
        whole: bool | Gap = True
        for layer in manifest.blobs:
            found = fault(self.folder, layer)
            if isinstance(found, Fault):
                self._note(name, found, layer)
                whole = False
            elif isinstance(found, Gap):
                self.doubt = self.doubt or found
                whole = whole if whole is False else found
            else:
                self._examine(name, layer)
        return whole

    def _examine(self, name: ModelName, layer: Layer) -> None:
        """Look into a blob that is whole, where its first bytes or its text tell something."""
        path = blob(self.folder, layer.digest)
        if path is None or layer.kind not in {"model", "template"}:
            return
        try:
            if layer.kind == "model" and self.folder.head(path, 4) not in _MAGIC:
                self._note(name, Fault.NO_GGUF, layer)
            elif layer.kind == "template" and layer.size == 0:
                self._note(name, Fault.EMPTY_TEMPLATE, layer)
            elif layer.kind == "template" and _ODD.search(self._template(path, layer)):
                self._note(name, Fault.ODD_TEMPLATE, layer)
        except OSError:
            self.doubt = self.doubt or Gap(Why.UNREADABLE, about="blobs")

    def _template(self, path: Path, layer: Layer) -> str:
        return self.folder.head(path, min(layer.size, MOST_TEMPLATE)).decode("utf-8", "replace")

    def _note(self, name: ModelName, found: Fault, layer: Layer) -> None:
        self.flaws.append(Flaw(name.shortest, found, printable((digits(layer.digest) or layer.digest)[:DIGITS])))


def _leftovers(folder: Folder, reading: Reading) -> tuple[Leftovers | Gap, Leftovers | Gap]:
    named = {digits(layer.digest) for _, _, manifest in reading.models for layer in manifest.blobs}
    dangling, partial = leftovers(folder, {one for one in named if one is not None})
    if reading.doubt is not None or reading.unreadable:
        # What a manifest names that was not read would pass for dangling.
        dangling = reading.doubt or Gap(Why.UNDECIDED, about="blobs that no readable manifest names")
    return dangling, partial


def _digest_of(layers: tuple[Layer, ...]) -> str | Gap:
    """Return one digest for layers of one kind: of several, that of all of them; empty for none."""
    found = [digits(layer.digest) for layer in layers]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return Gap(Why.UNREADABLE, about="digest")
    return "" if not known else known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()


def _stated(text: str | None) -> str | Gap:
    return printable(text) if text else NOT_RECORDED


def _config(folder: Folder, layer: Layer) -> _Config | Gap:
    path = blob(folder, layer.digest)
    if path is None:
        return Gap(Why.NOT_RECORDED, about="config")
    try:
        return convert(decode_json(folder.read(path, MOST_BYTES), limit=MOST_BYTES), _Config)
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about="config")
    except (OSError, NotJson):
        return Gap(Why.UNREADABLE, about="config")


def _free(folder: Folder) -> int | Gap:
    try:
        return shutil.disk_usage(folder.path).free
    except OSError:
        return Gap(Why.UNREADABLE, about="free space")
