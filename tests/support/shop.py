"""A store of Ollama's that a test fills, and an access that finds it."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from modelcheck.app.tables import table
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access

LLAMA = {"model_format": "gguf", "model_family": "llama", "model_type": "8.0B", "file_type": "Q4_K_M"}
STUB = {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}
WEIGHTS = b"GGUF and weights"
TEMPLATE = b"{{ .Prompt }}"
HOST, NAMESPACE = "registry.ollama.ai", "library"
IMAGE = "application/vnd.ollama.image."


def access(root: Path | None = None, **more: Any) -> Access:
    """An access to nothing but what a test names."""
    return Access(root or Path.cwd(), table(KnownProviders), **more)


class Shop:
    """A store that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "manifests").mkdir(parents=True)
        (root / "blobs").mkdir()

    def blob(self, data: bytes, kind: str = "", **more: Any) -> dict[str, Any]:
        """Write a blob, and return the layer that names it."""
        digest = hashlib.sha256(data).hexdigest()
        self.path(digest).write_bytes(data)
        media = {"mediaType": f"{IMAGE}{kind}"} if kind else {}
        return {"digest": f"sha256:{digest}", "size": len(data), **media, **more}

    def path(self, digest: str) -> Path:
        return self.root / "blobs" / f"sha256-{digest.removeprefix('sha256:')}"

    def manifest(self, data: object, *steps: str) -> Path:
        """Write a manifest as JSON, or bytes as they are."""
        path = self.root.joinpath("manifests", *(steps or (HOST, NAMESPACE, "llama3", "8b")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data, indent=2).encode() + b"\n")
        return path

    def model(
        self, *steps: str, config: object = LLAMA, layers: tuple[tuple[str, bytes], ...] = (("model", WEIGHTS),)
    ) -> dict[str, Any]:
        """Write a model, and return its manifest."""
        manifest = {
            "schemaVersion": 2,
            "config": self.blob(json.dumps(config).encode()),
            "layers": [self.blob(data, kind) for kind, data in layers],
        }
        self.manifest(manifest, *steps)
        return manifest

    def named(self, name: str, tag: str = "latest", **more: Any) -> dict[str, Any]:
        """Write a model of the library."""
        return self.model(HOST, NAMESPACE, name, tag, **more)

    def left(self, name: str, data: bytes = b"left over", age_s: float = 2 * 3600) -> Path:
        """Leave a file among the blobs that nothing has touched for so long."""
        path = self.root / "blobs" / name
        path.write_bytes(data)
        when = time.time() - age_s
        os.utime(path, (when, when))
        return path
