"""Attacks through a local model: searches that the server makes by itself, and files that it would fetch."""

import json
from typing import Any

from attack import post
from golike import CODER

TYPES = (
    "web_search",
    "web_search_20250305",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "web_searchx",
    " web_search",
    "web_search ",
    "\tweb_search\n",
    "\u00a0web_search",
    "\u3000web_search_20250305",
)
_SOUND: dict[str, Any] = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
_KEYS = ("image_url", "file_url", "image", "file", "audio_url", "video_url", "input_audio")
_ADDRESSES = (
    "http://evil.example/a.png",
    "https://evil.example/a.png",
    "HTTPS://EVIL.EXAMPLE/a.png",
    " https://evil.example/a.png",
    "\nhttps://evil.example/a.png",
    "http:evil.example",
    "file:///etc/passwd",
    "ftp://evil.example/a",
)


def _asked(path: str, **fields: Any) -> bytes:
    return post(path.encode(), json.dumps({"model": CODER, "max_tokens": 5, **fields}).encode())


def _said(*content: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": list(content)}]}


def _searches(kind: str) -> dict[str, bytes]:
    tools: dict[str, Any] = {"tools": [_SOUND, {"type": kind, "name": "web_search"}]}
    return {
        f"messages-{kind!r}": _asked("/v1/messages", messages=[], **tools),
        f"responses-{kind!r}": _asked("/v1/responses", input="x", **tools),
    }


def _files(address: str) -> dict[str, bytes]:
    source = {"type": "url", "url": address}
    image = {"type": "image_url", "image_url": {"url": address}}
    return {
        f"image-url-{address!r}": _asked("/v1/chat/completions", **_said({"type": "text", "text": "x"}, image)),
        f"image-url-text-{address!r}": _asked(
            "/v1/chat/completions", **_said({"type": "image_url", "image_url": address})
        ),
        f"image-url-case-{address!r}": _asked(
            "/v1/chat/completions", **_said({"type": "image_url", "Image_URL": {"URL": address}})
        ),
        f"source-{address!r}": _asked("/v1/messages", **_said({"type": "image", "source": source})),
        f"document-{address!r}": _asked("/v1/messages", **_said({"type": "document", "source": source})),
        f"result-{address!r}": _asked(
            "/v1/messages",
            **_said({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]}),
        ),
        f"input-image-{address!r}": _asked(
            "/v1/responses",
            input=[{"role": "user", "content": [{"type": "input_image", "image_url": address}]}],
        ),
        f"input-image-object-{address!r}": _asked(
            "/v1/responses",
            input=[{"role": "user", "content": [{"type": "input_image", "image_url": {"url": address}}]}],
        ),
        f"input-file-{address!r}": _asked(
            "/v1/responses",
            input=[{"role": "user", "content": [{"type": "input_file", "file_url": address}]}],
        ),
        f"output-{address!r}": _asked(
            "/v1/responses",
            input=[
                {
                    "type": "function_call_output",
                    "call_id": "c",
                    "output": [{"type": "input_image", "image_url": address}],
                }
            ],
        ),
        f"images-{address!r}": _asked("/api/generate", prompt="x", images=[address]),
        f"message-images-{address!r}": _asked(
            "/api/chat", messages=[{"role": "user", "content": "x", "images": [address]}]
        ),
    }


def _kept(key: str) -> dict[str, bytes]:
    """An address under each key that holds an image or a file, as a text and in an object."""
    found: dict[str, bytes] = {}
    for value in (_ADDRESSES[1], {"url": _ADDRESSES[1]}):
        part = {"type": f"input_{key}", key: value}
        found[f"chat-{key}-{value}"] = _asked("/v1/chat/completions", **_said(part))
        found[f"responses-{key}-{value}"] = _asked("/v1/responses", input=[{"role": "user", "content": [part]}])
    return found


ATTACKS: dict[str, bytes] = {
    **{name: raw for kind in TYPES for name, raw in _searches(kind).items()},
    **{name: raw for address in _ADDRESSES for name, raw in _files(address).items()},
    **{name: raw for key in _KEYS for name, raw in _kept(key).items()},
}
HARMLESS: dict[str, bytes] = {
    **{
        f"folded-{path}-{kind}": _asked(path, messages=[], input="x", tools=[{"type": kind, "name": "x"}])
        for path in ("/v1/messages", "/v1/responses")
        for kind in ("WEB_SEARCH", "Web_Search_20250305", "web_\u017fearch", "x_web_search", "web-search")
    },
    "search-options": _asked("/v1/chat/completions", messages=[], web_search_options={}),
    "search-of-chat": _asked("/api/chat", messages=[], tools=[{"type": "web_search"}]),
}
