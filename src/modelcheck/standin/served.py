"""How llama.cpp, vLLM and LM Studio describe their models, in the JSON of their own routes and of OpenAI's."""

from collections.abc import Set as AbstractSet

from modelcheck.standin.scenario import CompatibleServer, Flavour, ServedModel
from modelcheck.standin.wire import Body, Reply

CREATED = 1_760_000_000


def listing(side: CompatibleServer, loaded: AbstractSet[str]) -> Body:
    """The answer of /v1/models."""
    data = [_listed(model, side.flavour, loaded) for model in side.models]
    if side.flavour == "llama.cpp":
        return {"models": [_as_ollama(model) for model in side.models], "object": "list", "data": data}
    return {"object": "list", "data": data}


def props(side: CompatibleServer, loaded: AbstractSet[str]) -> Body:
    """The answer of llama.cpp's /props, less the template and the settings of sampling."""
    model = next(iter(side.models), ServedModel(id=""))
    return {
        "default_generation_settings": {"params": {}, "n_ctx": model.context},
        "total_slots": side.slots,
        "model_alias": model.id,
        "model_path": next((name for name in (model.id, *model.aliases) if name.endswith(".gguf")), model.id),
        "modalities": {"vision": False, "audio": False},
        "endpoint_slots": True,
        "endpoint_props": False,
        "endpoint_metrics": False,
        "chat_template": "{{ messages }}",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "build_info": side.version,
        "is_sleeping": model.id not in loaded,
    }


def router_props(side: CompatibleServer) -> Body:
    """The answer of /props of llama.cpp as a router, which has no model of its own."""
    return {
        "role": "router",
        "max_instances": 4,
        "model_alias": "llama-server",
        "model_path": "none",
        "default_generation_settings": {"params": {}, "n_ctx": 0},
        "build_info": side.version,
    }


def studio_v0(side: CompatibleServer, loaded: AbstractSet[str]) -> Body:
    """The answer of LM Studio's /api/v0/models."""
    return {"object": "list", "data": [_studio_old(model, loaded) for model in side.models]}


def studio_v1(side: CompatibleServer, loaded: AbstractSet[str]) -> Body:
    """The answer of LM Studio's /api/v1/models."""
    return {"models": [_studio_new(model, loaded) for model in side.models]}


def unknown_path(flavour: Flavour, method: str, path: str) -> Reply:
    """What a path is answered with that the product does not have."""
    match flavour:
        case "lm-studio":
            return Reply.of({"error": f"Unexpected endpoint or method. ({method} {path})"})
        case "llama.cpp" | "llama.cpp-router":
            return error(404, "File Not Found", "not_found_error", 404)
        case _:
            return Reply.of({"detail": "Not Found"}, 404)


def missing(flavour: Flavour, name: str) -> Reply:
    """What a request is answered with that names a model which is not served."""
    match flavour:
        case "llama.cpp-router":
            return error(400, f"model '{name}' not found", "invalid_request_error", 400)
        case "lm-studio":
            return error(404, f"Model {name!r} not found.", "invalid_request_error", "model_not_found")
        case _:
            return error(404, f"The model `{name}` does not exist.", "NotFoundError", 404)


def error(status: int, message: str, kind: str, code: int | str) -> Reply:
    """An error in the shape of OpenAI's."""
    return Reply.of({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def _listed(model: ServedModel, flavour: Flavour, loaded: AbstractSet[str]) -> Body:
    head: Body = {"id": model.id, "object": "model", "created": CREATED}
    match flavour:
        case "llama.cpp":
            own: Body = {"aliases": model.aliases, "tags": (), "owned_by": "llamacpp", "meta": _meta(model)}
        case "llama.cpp-router":
            state: Body = {"value": "loaded" if model.id in loaded else "unloaded"}
            own = {"aliases": model.aliases, "tags": (), "owned_by": "llamacpp", "status": state}
        case "vllm":
            own = {"owned_by": "vllm", "root": model.id, "parent": None, "max_model_len": model.max_context}
            own |= {"permission": [{"id": "modelperm-0", "object": "model_permission", "created": CREATED}]}
        case "lm-studio":
            return {"id": model.id, "object": "model", "owned_by": "organization_owner"}
        case _:
            own = {"owned_by": "somebody"}
    return head | own


def _meta(model: ServedModel) -> Body:
    return {
        "vocab_type": 2,
        "n_vocab": 128_256,
        "n_ctx_train": model.max_context,
        "n_embd": 4096,
        "n_params": model.parameters,
        "size": model.size,
    }


def _as_ollama(model: ServedModel) -> Body:
    """The entry that llama.cpp adds for clients of Ollama, nearly all of it empty."""
    names = ("parent_model", "family", "parameter_size", "quantization_level")
    return {
        "name": model.id,
        "model": model.id,
        **dict.fromkeys(("modified_at", "size", "digest", "description", "parameters"), ""),
        "type": "model",
        "tags": [""],
        "capabilities": ["completion"],
        "details": {**dict.fromkeys(names, ""), "format": "gguf", "families": [""]},
    }


def _studio_old(model: ServedModel, loaded: AbstractSet[str]) -> Body:
    return {
        "id": model.id,
        "object": "model",
        "type": "embeddings" if model.embeds else "llm",
        "publisher": model.publisher,
        "arch": model.arch,
        "compatibility_type": "gguf",
        "quantization": model.quantisation,
        "state": "loaded" if model.id in loaded else "not-loaded",
        "max_context_length": model.max_context,
        **({"loaded_context_length": model.context} if model.id in loaded else {}),
    }


def _studio_new(model: ServedModel, loaded: AbstractSet[str]) -> Body:
    instances = [{"id": model.id, "config": {"context_length": model.context}}] if model.id in loaded else []
    return {
        "type": "embedding" if model.embeds else "llm",
        "publisher": model.publisher,
        "key": model.id,
        "display_name": model.id,
        "architecture": model.arch,
        "quantization": {"name": model.quantisation, "bits_per_weight": 4},
        "size_bytes": model.size,
        "params_string": f"{model.parameters // 10**9}B",
        "loaded_instances": instances,
        "max_context_length": model.max_context,
        "format": "gguf",
    }
