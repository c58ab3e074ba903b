"""Reading GGUF headers, side by side with the `gguf` package: `python benchmarks/gguf.py`.

The header is of 7.5 MB: 128,000 tokens, 280,000 merges, 300 tensors; the keys that are wanted stand before the
vocabulary (friendly) or behind it (unfriendly). Medians of runs taken in turn, in time of the processor, files in the
cache of the system; the package is run once in a process of its own, as it takes seconds and hundreds of megabytes.
"""

import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from modelcheck.probes.gguf import read_anatomy, read_header

ROUNDS = 31
MODELS = 1000
LIMIT_MS = 500
TOKENS, MERGES, TENSORS = 128_000, 280_000, 300
LIMITS_MS = {"list, friendly": 0.2, "list, unfriendly": 5.0, "anatomy, friendly": 5.0, "anatomy, unfriendly": 5.0}
THEIRS = """
import sys, time
from gguf import GGUFReader
began = time.process_time()
GGUFReader(sys.argv[1])
spent = time.process_time() - began
try:
    import resource
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 << 20 if sys.platform == "darwin" else 1024)
except ImportError:
    held = 0
print(spent, held)
"""

U32, I32, TEXT, ARRAY = 4, 5, 8, 9


def text(data: bytes) -> bytes:
    """A text with its length before it."""
    return struct.pack("<Q", len(data)) + data


def number(key: str, value: int) -> bytes:
    """A key with a number."""
    return text(key.encode()) + struct.pack("<II", U32, value)


def words(key: str, value: str) -> bytes:
    """A key with a text."""
    return text(key.encode()) + struct.pack("<I", TEXT) + text(value.encode())


def vocabulary(tokens: int, merges: int) -> list[bytes]:
    """The keys of a tokenizer."""
    tables = {"tokens": [b"a token %05d" % index for index in range(tokens)], "merges": [b"abc def"] * merges}
    arrays = [
        text(f"tokenizer.ggml.{name}".encode())
        + struct.pack("<IIQ", ARRAY, TEXT, len(items))
        + b"".join(map(text, items))
        for name, items in tables.items()
    ]
    kinds = text(b"tokenizer.ggml.token_type") + struct.pack("<IIQ", ARRAY, I32, tokens) + bytes(4 * tokens)
    return [
        words("tokenizer.ggml.model", "gpt2"),
        arrays[0],
        kinds,
        arrays[1],
        number("tokenizer.ggml.bos_token_id", 1),
    ]


def stated() -> list[bytes]:
    """The keys that are wanted, and some that are not."""
    shape = {"block_count": 32, "context_length": 8192, "embedding_length": 4096, "feed_forward_length": 14336}
    heads = {"head_count": 32, "head_count_kv": 8, "key_length": 128, "value_length": 128}
    return [
        words("general.architecture", "llama"),
        words("general.name", "a model"),
        words("general.size_label", "8B"),
        number("general.file_type", 7),
        *(number(f"llama.{name}", value) for name, value in shape.items()),
        *(number(f"llama.attention.{name}", value) for name, value in heads.items()),
    ]


def write(path: Path, keys: list[bytes]) -> Path:
    """Write a header with its table of tensors; the data are a hole."""
    rows = [
        text(b"blk.%d.ffn_up.weight" % index) + struct.pack("<IQQIQ", 2, 4096, 32, 8, index * 139_264)
        for index in range(TENSORS)
    ]
    data = b"GGUF" + struct.pack("<IQQ", 3, len(rows), len(keys)) + b"".join(keys + rows)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(len(data) + 32 + TENSORS * 139_264)
    return path


def milliseconds(look: Callable[[Path], object], path: Path) -> float:
    """How long one look takes, of the processor's time, which others at work on the machine change little."""
    began = time.process_time()
    look(path)
    return (time.process_time() - began) * 1000


def peak_kib(look: Callable[[Path], object], path: Path) -> int:
    """What a look holds at most, beyond what was held before."""
    look(path)
    tracemalloc.start()
    look(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak >> 10


def theirs(path: Path) -> tuple[float, int]:
    """Milliseconds and resident megabytes of the package."""
    command = [sys.executable, "-P", "-c", THEIRS, str(path)]
    spent, held = subprocess.check_output(command, text=True, cwd=path.parent).split()
    return float(spent) * 1000, int(held)


def listed(folder: Path, header: Path) -> float:
    """Milliseconds for a list of many friendly files."""
    for index in range(MODELS):
        os.link(header, folder / f"{index}.gguf")
    began = time.perf_counter()
    for path in sorted(folder.iterdir()):
        read_header(path)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure, and print one line for each case."""
    sys.path.pop(0)  # this file has the package's name
    if find_spec("gguf") is None:
        print("the package to compare with is not installed: pip install gguf")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = vocabulary(TOKENS, MERGES)
        friendly = write(folder / "friendly.gguf", stated() + tokens)
        unfriendly = write(folder / "unfriendly.gguf", tokens + stated())
        longer = write(folder / "longer.gguf", vocabulary(4 * TOKENS, 4 * MERGES) + stated())
        their_ms, their_mb = theirs(friendly)
        cases: dict[str, tuple[Callable[[Path], object], Path]] = {
            "list, friendly": (read_header, friendly),
            "list, unfriendly": (read_header, unfriendly),
            "anatomy, friendly": (read_anatomy, friendly),
            "anatomy, unfriendly": (read_anatomy, unfriendly),
        }
        rounds = [[milliseconds(look, path) for look, path in cases.values()] for _ in range(ROUNDS)]
        print(f"gguf.GGUFReader: {their_ms:,.0f} ms, {their_mb} MB resident")
        for (case, (look, path)), times in zip(cases.items(), zip(*rounds, strict=True), strict=True):
            spent = statistics.median(times)
            word = "within" if spent <= LIMITS_MS[case] else "OVER"
            print(
                f"{case}: {spent:.3f} ms ({word} {LIMITS_MS[case]} ms), {their_ms / spent:,.0f} x as quick, "
                f"{peak_kib(look, path)} KiB at most, {peak_kib(look, longer)} KiB with a vocabulary 4 x as long"
            )
        (folder / "many").mkdir()
        many = listed(folder / "many", friendly)
        print(
            f"list of {MODELS} friendly files: {many:.0f} ms ({'within' if many <= LIMIT_MS else 'OVER'} {LIMIT_MS} ms)"
        )


if __name__ == "__main__":
    main()
