"""Requests that people make in OpenAI's and Anthropic's tongues, and what they say in every tongue."""

from typing import Any

from golike import CODER, EMBEDDER

TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Sucht etwas, 東京, \u202e, \U0001f600",
        "parameters": {
            "type": "object",
            "required": ["Name", "name"],
            "properties": {
                "Name": {"type": "string", "enum": ["a", "A"]},
                "name": {"type": "string"},
                "model": {"type": "string"},
                "Model": {"type": "object", "properties": {"URL": {"type": "string"}, "url": {"type": "string"}}},
                "K": {"type": "number"},
                "k": {"type": "number"},
                "\u212a": {"type": "number"},
                "image_url": {"type": "string", "default": "https://example.com/a.png"},
                "type": {"type": "string", "const": "web_search"},
            },
        },
    },
}
CALL: dict[str, Any] = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {"function": {"name": "look_up", "arguments": {"Name": "a", "name": "b", "url": "https://x.example"}}}
    ],
}
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SAID = [
    {"role": "system", "content": "Sei kurz."},
    {"role": "user", "content": 'Où est 東京? \u0000 "\\" \u2028 \U0001f600'},
]
SCHEMA = {"type": "object", "properties": {"A": {"type": "integer"}, "a": {"type": "integer"}}}
LONG = "lorem ipsum " * 90_000

COMPATIBLE: dict[str, tuple[str, dict[str, Any]]] = {
    "v1-chat": ("/v1/chat/completions", {"model": CODER, "messages": SAID, "temperature": 0.7, "max_tokens": 10}),
    "v1-chat-stream": (
        "/v1/chat/completions",
        {"model": CODER, "messages": SAID, "stream": True, "stream_options": {"include_usage": True}},
    ),
    "v1-chat-tools": (
        "/v1/chat/completions",
        {"model": CODER, "messages": SAID, "tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": True},
    ),
    "v1-chat-schema": (
        "/v1/chat/completions",
        {
            "model": CODER,
            "messages": SAID,
            "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}},
        },
    ),
    "v1-chat-image": (
        "/v1/chat/completions",
        {
            "model": CODER,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "x"},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}", "detail": "low"}},
                    ],
                }
            ],
        },
    ),
    "v1-chat-metadata": (
        "/v1/chat/completions",
        {
            "model": CODER,
            "messages": SAID,
            "metadata": {"Model": "x", "model": "y"},
            "logit_bias": {"50256": -100},
            "seed": 1,
            "user": "u",
            "n": 1,
        },
    ),
    "v1-chat-call": (
        "/v1/chat/completions",
        {
            "model": CODER,
            "messages": [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "c",
                            "type": "function",
                            "function": {"name": "f", "arguments": '{"url":"https://x.example","url":1}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "c", "content": "ok"},
            ],
        },
    ),
    "v1-text": ("/v1/completions", {"model": CODER, "prompt": "x", "suffix": "y", "stop": ["a"], "echo": False}),
    "v1-text-stream": ("/v1/completions", {"model": CODER, "prompt": "x", "stream": True}),
    "v1-vectors": ("/v1/embeddings", {"model": EMBEDDER, "input": ["a", "b"], "encoding_format": "float"}),
    "v1-responses": (
        "/v1/responses",
        {"model": CODER, "input": "x", "instructions": "y", "reasoning": {"effort": "low"}},
    ),
    "v1-responses-stream": (
        "/v1/responses",
        {
            "model": CODER,
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "x"},
                        {"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}"},
                    ],
                }
            ],
            "stream": True,
            "tools": [{"type": "function", "name": "f", "parameters": SCHEMA}],
        },
    ),
    "messages": (
        "/v1/messages",
        {"model": CODER, "max_tokens": 10, "system": "x", "messages": [{"role": "user", "content": "y"}]},
    ),
    "messages-stream": (
        "/v1/messages",
        {
            "model": CODER,
            "max_tokens": 10,
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "y"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
                    ],
                }
            ],
        },
    ),
    "messages-tools": (
        "/v1/messages",
        {
            "model": CODER,
            "max_tokens": 10,
            "tools": [
                {
                    "name": "f",
                    "description": "d",
                    "input_schema": {
                        "type": "object",
                        "properties": {"Name": {}, "name": {}, "source": {"url": {"const": "https://x.example"}}},
                    },
                }
            ],
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool_use",
                            "id": "t",
                            "name": "f",
                            "input": {
                                "Name": 1,
                                "name": 2,
                                "url": "https://x.example",
                                "source": {"type": "url", "url": "https://x.example"},
                            },
                        }
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "t",
                            "content": [{"type": "text", "text": "z"}],
                            "is_error": False,
                        }
                    ],
                },
            ],
        },
    ),
    "messages-thinking": (
        "/v1/messages",
        {
            "model": CODER,
            "max_tokens": 10,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "metadata": {"user_id": "u"},
            "messages": SAID[1:],
        },
    ),
    "messages-searched": (
        "/v1/messages",
        {
            "model": CODER,
            "max_tokens": 10,
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
                        {
                            "type": "web_search_tool_result",
                            "tool_use_id": "s",
                            "content": [
                                {
                                    "type": "web_search_result",
                                    "url": "https://x.example",
                                    "title": "t",
                                    "encrypted_content": "e",
                                }
                            ],
                        },
                        {
                            "type": "text",
                            "text": "z",
                            "citations": [
                                {"type": "web_search_result_location", "url": "https://x.example", "title": "t"}
                            ],
                        },
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "search_result",
                            "source": "https://x.example",
                            "title": "t",
                            "content": [{"type": "text", "text": "z"}],
                        }
                    ],
                },
            ],
        },
    ),
    "v1-responses-cited": (
        "/v1/responses",
        {
            "model": CODER,
            "input": [
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [
                        {
                            "type": "output_text",
                            "text": "x",
                            "annotations": [
                                {
                                    "type": "url_citation",
                                    "url": "https://x.example",
                                    "title": "t",
                                    "start_index": 0,
                                    "end_index": 1,
                                }
                            ],
                        }
                    ],
                }
            ],
        },
    ),
}
