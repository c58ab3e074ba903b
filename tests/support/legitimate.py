"""Requests that people make: the guard passes each of them on, equal in content."""

import json
from typing import Any

from golike import CODER, EMBEDDER, FACE, LLAMA, MIXED
from legitimate_v1 import CALL, COMPATIBLE, IMAGE, LONG, SAID, SCHEMA, TOOL

BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "generate": ("/api/generate", {"model": LLAMA, "prompt": "Hallo"}),
    "generate-whole": ("/api/generate", {"model": LLAMA, "prompt": "Hallo", "stream": False}),
    "generate-raw": (
        "/api/generate",
        {"model": LLAMA, "prompt": "x", "raw": True, "template": "{{.Prompt}}", "suffix": "y"},
    ),
    "generate-load": ("/api/generate", {"model": LLAMA}),
    "generate-unload": ("/api/generate", {"model": LLAMA, "keep_alive": 0}),
    "generate-image": ("/api/generate", {"model": LLAMA, "prompt": "x", "images": [IMAGE, "//uQxAAA"]}),
    "generate-context": ("/api/generate", {"model": LLAMA, "prompt": "x", "context": list(range(2000))}),
    "generate-format": ("/api/generate", {"model": LLAMA, "prompt": "x", "format": SCHEMA}),
    "generate-format-word": ("/api/generate", {"model": LLAMA, "prompt": "x", "format": "json", "think": "high"}),
    "generate-null": (
        "/api/generate",
        {"model": LLAMA, "prompt": "x", "system": None, "options": None, "images": None},
    ),
    "generate-long": ("/api/generate", {"model": LLAMA, "prompt": LONG, "stream": False}),
    "chat": ("/api/chat", {"model": CODER, "messages": SAID}),
    "chat-whole": ("/api/chat", {"model": CODER, "messages": SAID, "stream": False}),
    "chat-tools": (
        "/api/chat",
        {
            "model": CODER,
            "messages": [*SAID, CALL, {"role": "tool", "content": "{}", "tool_name": "x"}],
            "tools": [TOOL],
        },
    ),
    "chat-image": ("/api/chat", {"model": CODER, "messages": [{"role": "user", "content": "x", "images": [IMAGE]}]}),
    "chat-url-in-the-text": (
        "/api/chat",
        {"model": CODER, "messages": [{"role": "user", "content": "https://example.com/a.png"}]},
    ),
    "chat-options": (
        "/api/chat",
        {
            "model": CODER,
            "messages": SAID,
            "options": {"num_ctx": 8192, "stop": ["\n", "###"], "Temperature": 1, "temperature": 0.1},
            "keep_alive": "10m",
        },
    ),
    "chat-json-in-the-text": (
        "/api/chat",
        {"model": CODER, "messages": [{"role": "user", "content": '{"model":"x:cloud","model":"y"}'}]},
    ),
    "embed": ("/api/embed", {"model": EMBEDDER, "input": ["a", "b", ""], "truncate": True, "dimensions": 64}),
    "embed-one": ("/api/embed", {"model": EMBEDDER, "input": "a"}),
    "embeddings": ("/api/embeddings", {"model": EMBEDDER, "prompt": "a"}),
    "show": ("/api/show", {"model": LLAMA}),
    "show-verbose": ("/api/show", {"model": LLAMA, "verbose": True}),
    "show-by-name": ("/api/show", {"name": LLAMA}),
    "show-by-both": ("/api/show", {"model": LLAMA, "name": LLAMA}),
    "show-empty-model": ("/api/show", {"model": "", "name": LLAMA}),
    **COMPATIBLE,
    "mixed-case": ("/api/chat", {"model": MIXED, "messages": SAID}),
    "other-host": ("/api/chat", {"model": FACE, "messages": SAID}),
}
"""By name: a path and a body that arrives as it was sent."""
EXACT: dict[str, bytes] = {
    "numbers": b'{"temperature":0.10,"a":1.0,"b":-0,"c":-0.0,"d":1e3,"e":1E+3,"f":12345678901234567890,'
    b'"g":1.7976931348623157e308,"h":5e-324,"i":0.1000000000000000055511151231257827,"j":100000000000000000000000000}',
    "text": b'{"a":"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\u0000\\u2028",'
    b'"\\u0061b":"\xf0\x9f\x98\x80\xc3\xa9","":"","c":"\\\\\\""}',
    "white-space": b' \r\n\t{ "a" : [ ] , "b" : { } , "c" : [ 1 , 2 ] } \n',
    "depth": b'{"a":' + b"[" * 60 + b"]" * 60 + b"}",
    "many": b'{"a":{%s}}' % b",".join(b'"k%d":%d' % (place, place) for place in range(20_000)),
    "null": b'{"a":null,"b":[null,true,false]}',
}
"""Options whose content must arrive to the letter: numbers keep their text."""
SPELLINGS: dict[str, str] = {
    "QWEN2.5-Coder:1.5B": CODER,
    "library/qwen2.5-coder:1.5b": CODER,
    "registry.ollama.ai/library/qwen2.5-coder:1.5b": CODER,
    " qwen2.5-coder:1.5b ": CODER,
    "qwen2.5-coder:1.5b:local": CODER,
    "nomic-embed-text": EMBEDDER,
    "my-space/mixed-case:q4_k_m": MIXED,
    "HF.CO/Some/Repo:q4_k_m": FACE,
}
"""How a name may be written, and how it arrives."""


def body_of(name: str) -> bytes:
    return json.dumps(BODIES[name][1], ensure_ascii=name.endswith("s")).encode()
