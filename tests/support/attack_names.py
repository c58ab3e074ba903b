"""Attacks by the name: what Ollama takes for the cloud, for a stub, or for another model than it seems."""

import json

from attack import post
from attack_json import ROUTES

CLOUDS = (
    "gpt-oss:120b-cloud",
    "gpt-oss:cloud",
    "gpt-oss:CLOUD",
    "gpt-oss:Cloud",
    "gpt-oss:20b-CLOUD",
    "gpt-oss:20b:cloud",
    "gpt-oss:20b: cloud",
    "gpt-oss:20b:\tcloud\n",
    "gpt-oss : cloud",
    " gpt-oss:cloud ",
    "\u00a0gpt-oss:cloud\u00a0",
    "\u2003gpt-oss:cloud",
    "gpt-oss:cloud\u0085",
    "gpt-oss:cloud\u3000",
    "gpt-oss: 20b-cloud ",
    "gpt-oss:-cloud",
    "qwen2.5-coder:1.5b:cloud",
    "qwen2.5-coder:1.5b-cloud",
    "qwen2.5-coder:cloud",
    "qwen2.5-coder: cloud",
    "library/qwen2.5-coder:cloud",
    "registry.ollama.ai/library/qwen2.5-coder:1.5b-cloud",
    "http://localhost/library/x:cloud",
    "host:5000/a/b:cloud",
    "llama3:8b-instruct-q6_k:cloud",
    "llama3:8b-instruct-q6_k-cloud",
    "bridge:cloud",
    ":cloud",
    "x:cloud:local",
    "x:local:cloud",
    "x:cloud:cloud",
)
STUBS = (
    "bridge",
    "bridge:latest",
    "BRIDGE",
    "Bridge:LATEST",
    " bridge",
    "bridge:latest ",
    "library/bridge",
    "registry.ollama.ai/library/bridge:latest",
    "REGISTRY.OLLAMA.AI/Library/Bridge",
    "bridge:local",
    "bridge:latest:local",
    "https://registry.ollama.ai/library/bridge",
)
ABSENTS = (
    "mixtral-8x7b",
    "qwen2.5-coder",
    "qwen2.5-coder:latest",
    "qwen2.5-coder:7b",
    "qwen2.5-coder:1.5b@sha256:" + "0" * 64,
    "sha256:" + "0" * 64,
    "@sha256:" + "0" * 64,
    "0" * 64,
    "other/qwen2.5-coder:1.5b",
    "evil.example/library/qwen2.5-coder:1.5b",
    "registry.ollama.ai.evil.example/library/qwen2.5-coder:1.5b",
    "http://evil.example/library/qwen2.5-coder:1.5b",
    "http://registry.ollama.ai@evil.example/library/qwen2.5-coder:1.5b",
    "evil.example:443/a/b",
    "169.254.169.254/latest/meta-data:x",
    "127.0.0.1:11434/a/b",
    "[::1]/a/b",
    "hf.co/other/repo",
    "hf.co/some/repo",
    "hf.co/some/repo:Q8_0",
    "huggingface.co/some/repo:Q4_K_M",
    "hf.co/Some/Repo",
    "My-Space/Mixed-Case",
    "Mixed-Case:Q4_K_M",
    "qwen2.5-coder:1.5b/../../evil/x",
    "../qwen2.5-coder:1.5b",
    "/qwen2.5-coder:1.5b",
    "qwen2.5-coder:1.5b/",
    "qwen2.5-coder::1.5b",
    "qwen2.5-coder:1.5b:",
    "qwen2.5-coder:1.5b\x00",
    "qwen2.5-coder\x00:1.5b",
    "qwen2.5-coder:1.5b\u200b",
    "qwen2.5-c\u043eder:1.5b",
    "qwen2\u30025-coder:1.5b",
    "\uff51wen2.5-coder:1.5b",
    "qwen2.5-coder:1.\uff15b",
    "qwen2.5\u2010coder:1.5b",
    "QWEN2.5-CODER:1.5B\u0130",
    "n\u014dmic-embed-text",
    "no\u212aia",
    "\u017fome",
    "nomic-embed-text:lates\u0074x",
    "qwen2.5-coder%3A1.5b",
    "qwen2.5-coder:1.5b?x=1",
    "qwen2.5-coder:1.5b#x",
    "qwen2.5-coder:1.5b;x",
    "qwen2.5-coder:1.5b,llama3",
    "qwen2.5-coder:1.5b|x",
    "*",
    "?",
    "$(id)",
    "`id`",
    "{{7*7}}",
    "\r\nX: y",
    "-cloud",
    "a" * 600,
    "a" * 1001,
    "\U0001f600",
    "",
    "   ",
)
_PLACES = ROUTES[:2] + ROUTES[3:5] + ROUTES[7:]


def _body(name: str) -> bytes:
    return json.dumps({"model": name, "messages": [], "prompt": "x", "input": "x"}).encode()


ATTACKS: dict[str, bytes] = {
    **{
        f"cloud-{path.decode()}-{name!r}": post(path, _body(name))
        for path in (*ROUTES, b"/api/show", b"/api/pull")
        for name in CLOUDS
    },
    **{f"stub-{path.decode()}-{name!r}": post(path, _body(name)) for path in _PLACES for name in STUBS},
    **{f"stub-show-{name!r}": post(b"/api/show", _body(name)) for name in STUBS},
    **{f"absent-pull-{name[:60]!r}": post(b"/api/pull", json.dumps({"model": name}).encode()) for name in ABSENTS},
    **{
        f"absent-pull-by-name-{name[:60]!r}": post(b"/api/pull", json.dumps({"name": name}).encode())
        for name in ABSENTS
    },
    **{f"absent-chat-{name[:60]!r}": post(b"/api/chat", _body(name)) for name in ABSENTS},
    **{f"absent-v1-{name[:60]!r}": post(b"/v1/chat/completions", _body(name)) for name in ABSENTS},
}
