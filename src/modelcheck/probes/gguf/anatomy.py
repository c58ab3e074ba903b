"""The anatomy of a GGUF file, from its keys and its table of tensors; and what the keys alone tell of a model."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from modelcheck.core.anatomy import Anatomy, CacheGroup
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.probes.gguf.cache import CACHE_KEYS, cache_of, grouped, pools, trunk
from modelcheck.probes.gguf.header import quantisation
from modelcheck.probes.gguf.keys import Keys
from modelcheck.probes.gguf.state import STATE_KEYS
from modelcheck.probes.gguf.tables import architectures
from modelcheck.probes.gguf.tensors import DEFAULT_ALIGNMENT, read_tensors
from modelcheck.probes.gguf.walk import MOST_READ, Walk, Wanted, read_counts, twice
from modelcheck.probes.gguf.weights import WEIGHT_KEYS, Sums, Weights
from modelcheck.probes.gguf.windows import WINDOW_KEYS
from modelcheck.probes.stream import Stopped, Stream, opened

MOST_PARTS = 999
"""Files that one model is split into."""

_ALIGNMENT, _PARTS = "general.alignment", "split.count"
_WANTED = Wanted(
    of_file=frozenset({"general.architecture", "general.file_type", _ALIGNMENT, _PARTS}),
    of_architecture=CACHE_KEYS | STATE_KEYS | WINDOW_KEYS | WEIGHT_KEYS | {"context_length"},
)
_FIRST = re.compile(r"(.+)-00001-of-(\d{5})\.gguf", re.DOTALL | re.IGNORECASE)


def read_anatomy(path: Path) -> Anatomy | Gap:
    """Read the anatomy of a GGUF file, and of the files beside it that it is split into; nothing is raised.

    Where one of these cannot be read, what depends on its tensors is a gap.
    """
    try:
        with opened(path, MOST_READ) as stream:
            keys, sums = anatomise(stream)
    except Stopped as stopped:
        return stopped.gap
    try:
        for part in _further_parts(path, keys):
            with opened(part, MOST_READ) as stream:
                sums.include(anatomise(stream, keys)[1])
    except Stopped as stopped:
        return anatomy_of(keys, stopped.gap)
    return anatomy_of(keys, sums)


def anatomise(stream: Stream, whole: Keys | None = None) -> tuple[Keys, Sums]:
    """Read a file from the start of a stream. Raises Stopped.

    A further part of a model has few keys; its tensors are seen by the keys of the `whole`.
    """
    tensors, count = read_counts(stream)
    return twice(stream, lambda quick: _read(stream, count, tensors, whole, quick=quick))


def anatomy_of(keys: Keys, sums: Sums | Gap) -> Anatomy:
    """Return what the keys tell, and the tensors where they were seen."""
    cache: tuple[CacheGroup, ...] | Gap
    try:
        cache, state = cache_of(keys)
    except Unseen as missing:
        cache, state = missing.gap, 0
    embeds = _embeds(keys, cache)
    return Anatomy(
        architecture=keys.architecture,
        weights=sums if isinstance(sums, Gap) else sums.weights(),
        read_per_token=sums if isinstance(sums, Gap) else sums.read_per_token(embeds=embeds),
        cache=cache,
        state=state,
        layers=trunk(keys),
        max_context=keys.number("context_length"),
        grouped=grouped(keys),
        embeds=embeds,
        quantisation=quantisation(keys),
    )


def _read(stream: Stream, count: int, tensors: int, whole: Keys | None, *, quick: bool) -> tuple[Keys, Sums]:
    walk = Walk(stream, _WANTED, quick=quick)
    keys = Keys(walk.read(count))
    if walk.guessed and not tensors:
        raise Stopped(Why.UNREADABLE, "its keys do not add up")
    alignment = keys.general(_ALIGNMENT, DEFAULT_ALIGNMENT)
    weights = Weights(whole or keys)
    read_tensors(stream, tensors, 0 if isinstance(alignment, Gap) else alignment, weights)
    return keys, weights.sums


def _further_parts(path: Path, keys: Keys) -> Iterator[Path]:
    """The files beside the first of a split model, by the names that its tools give; none is looked for elsewhere."""
    parts = keys.general(_PARTS, 1)
    if isinstance(parts, Gap) or parts > MOST_PARTS:
        raise Stopped(Why.UNREADABLE, _PARTS)
    if parts <= 1:
        return
    name = _FIRST.fullmatch(path.name)
    if name is None or int(name[2]) != parts:
        raise Stopped(Why.NOT_THERE, f"the other parts of {parts}")
    for number in range(2, parts + 1):
        part = path.with_name(f"{name[1]}-{number:05}-of-{parts:05}.gguf")
        if not _is_file(part):
            raise Stopped(Why.NOT_THERE, f"part {number} of {parts}")
        yield part


def _is_file(path: Path) -> bool:
    """Whether a regular file lies there, and no link that may lead anywhere."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _embeds(keys: Keys, cache: tuple[CacheGroup, ...] | Gap) -> bool | Gap:
    """Whether it makes embeddings and no text; of what is not known at all nothing is said."""
    known, name = architectures(), keys.architecture
    if name in known.encoders:
        return True
    if name in known.diffusers:
        return False
    if isinstance(cache, Gap) and not known.writes(name):
        return cache
    return pools(keys)
