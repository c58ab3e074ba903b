"""What servers of OpenAI's API tell, in the bodies that their makers document; and what hostile bodies do not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Contact, ContactState, Entry, Loaded, Product
from modelcheck.probes import compatible
from modelcheck.probes.compatible import QUESTIONS, Reading, lm_studio
from modelcheck.probes.compatible.listed import MOST_ALIASES, MOST_MODELS, models_of
from modelcheck.probes.http import Reply

RECORDED = Path(__file__).parents[2] / "recorded" / "compatible"
LABEL = "http://127.0.0.1:8000"
ABSENT = Reply(Contact(ContactState.NOT_OLLAMA, "HTTP 404"), 404)
KEYED = Reply(Contact(ContactState.NOT_OLLAMA, "HTTP 401"), 401)
REFUSED = Reply(Contact(ContactState.REFUSED))
NO_VERSION = Gap(Why.NOT_RECORDED, about=f"the version of {LABEL}")
SILENT = Gap(Why.NOT_ANSWERED, about=LABEL)


def held(name: str, context: int | Gap = NOT_RECORDED) -> Loaded:
    untold = Gap(Why.NOT_RECORDED, about=f"the memory that {name} takes")
    return Loaded(name, untold, untold, context)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def ok(body: object) -> Reply:
    return Reply(Contact(ContactState.ANSWERED), 200, body)


def read(replies: Mapping[str, Reply], otherwise: Reply = ABSENT) -> Reading:
    return compatible.read({**dict.fromkeys(QUESTIONS, otherwise), **replies}, LABEL)


def listing(*models: object, **more: object) -> Reply:
    return ok({"object": "list", "data": list(models), **more})


LLAMA = "Meta-Llama-3.1-8B-Instruct-Q4_K_M"


def test_llama_cpp_tells_its_one_model_by_the_name_of_the_file() -> None:
    seen = read({"/v1/models": ok(recorded("llama_cpp_models")), "/props": ok(recorded("llama_cpp_props"))})
    name = f"{LLAMA}.gguf"

    assert seen == Reading(
        Contact(ContactState.ANSWERED, product=Product.LLAMA_CPP),
        "b(build number)-(build commit hash)",
        (Entry(name, size=4_912_898_304, remote=False, parameters="8.0B", aliases=(LLAMA,)),),
        (held(name, 1024),),
    )


def test_llama_cpp_is_known_by_its_list_alone_and_then_what_is_in_memory_is_open() -> None:
    seen = read({"/v1/models": ok(recorded("llama_cpp_models")), "/props": KEYED})

    assert seen.contact == Contact(ContactState.ANSWERED, product=Product.LLAMA_CPP)
    assert seen.running == NOT_RECORDED
    assert seen.version == NO_VERSION


def test_a_model_of_llama_cpp_that_sleeps_is_not_in_memory() -> None:
    props = recorded("llama_cpp_props") | {"is_sleeping": True}

    assert read({"/v1/models": ok(recorded("llama_cpp_models")), "/props": ok(props)}).running == ()


def test_a_model_of_llama_cpp_answers_to_its_aliases_too() -> None:
    model = {"id": "fast", "owned_by": "llamacpp", "aliases": ["quick", 7, "", "fast"]}
    props = recorded("llama_cpp_props") | {"model_alias": "fast"}
    (entry,) = tuple_of(read({"/v1/models": listing(model), "/props": ok(props)}).tags)

    assert (entry.name, entry.aliases) == ("fast", ("quick", f"{LLAMA}.gguf", LLAMA))
    assert entry.parameters == NOT_RECORDED


def tuple_of(tags: tuple[Entry, ...] | Gap) -> tuple[Entry, ...]:
    assert not isinstance(tags, Gap)
    return tags


@pytest.mark.parametrize("props", [recorded("llama_cpp_router_props"), None])
def test_a_router_of_llama_cpp_tells_what_it_could_load_and_what_is_loaded(props: object) -> None:
    models = recorded("llama_cpp_router_models")
    for model in models["data"]:
        model["owned_by"] = "llamacpp"
    seen = read({"/v1/models": ok(models), "/props": ABSENT if props is None else ok(props)})

    assert seen.contact.product is Product.LLAMA_ROUTER
    assert [entry.name for entry in tuple_of(seen.tags)] == ["ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", "my-decision-model"]
    assert seen.running == (held("ggml-org/gemma-3-4b-it-GGUF:Q4_K_M"),)


def test_a_router_without_a_model_is_one_all_the_same() -> None:
    seen = read({"/v1/models": listing(), "/props": ok(recorded("llama_cpp_router_props"))})

    assert (seen.contact.product, seen.tags, seen.running) == (Product.LLAMA_ROUTER, (), ())


def test_vllm_holds_in_memory_what_it_lists() -> None:
    seen = read({"/v1/models": ok(recorded("vllm_models")), "/version": ok(recorded("vllm_version"))})
    names = ("meta-llama/Meta-Llama-3-8B-Instruct", "sql-lora")

    assert seen == Reading(
        Contact(ContactState.ANSWERED, product=Product.VLLM),
        "0.11.0",
        tuple(Entry(name, remote=False) for name in names),
        (
            held(names[0], 8192),
            held(names[1], NOT_RECORDED),
        ),
    )


UNEXPECTED = ok(recorded("lm_studio_unexpected"))
"""LM Studio's answer to what it does not have, under status 200."""


def test_lm_studio_tells_what_is_downloaded_and_what_of_it_is_loaded() -> None:
    bodies = {"/v1/models": ok(recorded("lm_studio_models")), "/api/v0/models": ok(recorded("lm_studio_v0_models"))}
    seen = read(bodies, UNEXPECTED)

    assert seen.contact == Contact(ContactState.ANSWERED, product=Product.LM_STUDIO)
    assert seen.version == NO_VERSION
    assert seen.running == (held("meta-llama-3.1-8b-instruct", 8192),)
    vision, llama, embedding = tuple_of(seen.tags)
    assert (llama.family, llama.quantisation, llama.remote) == ("llama", "Q4_K_M", False)
    assert llama.aliases == (
        "meta-llama-3.1-8b-instruct@q4_k_m",
        "lmstudio-community/meta-llama-3.1-8b-instruct",
        "lmstudio-community/meta-llama-3.1-8b-instruct@q4_k_m",
    )
    assert "qwen2-vl-7b-instruct@4bit" in vision.aliases
    assert embedding.name == "text-embedding-nomic-embed-text-v1.5"


def test_newer_lm_studio_tells_sizes_too_and_what_openais_list_adds() -> None:
    more = {"id": "another@q8_0", "owned_by": "organization_owner"}
    bodies = {"/v1/models": listing(more), "/api/v1/models": ok(recorded("lm_studio_v1_models"))}
    seen = read(bodies, UNEXPECTED)

    gemma, embedding, another = tuple_of(seen.tags)
    assert (gemma.name, gemma.size, gemma.parameters, gemma.quantisation) == (
        "gemma-3-270m-it-qat",
        241_410_208,
        "270M",
        "Q4_0",
    )
    assert (embedding.family, embedding.parameters) == (NOT_RECORDED, NOT_RECORDED)
    assert another == Entry("another@q8_0", remote=False)
    assert seen.running == (held("gemma-3-270m-it-qat", 4096),)


def test_an_instance_of_lm_studio_answers_to_its_own_name() -> None:
    model = {"key": "org/x", "loaded_instances": [{"id": "mine"}, {"id": "org/x"}, 7], "quantization": None}
    seen = read({"/v1/models": listing(), "/api/v1/models": ok({"models": [model]})}, UNEXPECTED)

    (entry,) = tuple_of(seen.tags)
    assert (entry.name, entry.aliases) == ("org/x", ("mine",))
    assert isinstance(seen.running, tuple)
    assert [one.name for one in seen.running] == ["org/x"] * 3


def test_lm_studio_is_known_by_its_list_alone_and_then_what_is_in_memory_is_open() -> None:
    seen = read({"/v1/models": ok(recorded("lm_studio_models"))}, UNEXPECTED)

    assert seen.contact.product is Product.LM_STUDIO
    assert len(tuple_of(seen.tags)) == 3
    assert seen.running == NOT_RECORDED


def test_software_that_is_not_known_may_pass_requests_on() -> None:
    seen = read({"/v1/models": listing({"id": "gpt-4o", "owned_by": "openai"}, {"id": "x", "owned_by": "vllm"})})

    product = seen.contact.product
    assert seen.contact.state is ContactState.ANSWERED
    assert isinstance(product, Gap)
    assert product.why is Why.NOT_UNDERSTOOD
    assert seen.tags == (Entry("gpt-4o", remote=product), Entry("x", remote=product))
    assert seen.running == product


@pytest.mark.parametrize("body", [{"object": "list", "data": []}, {"object": "list", "data": None}])
def test_an_empty_list_is_a_list_of_nobody_known(body: object) -> None:
    seen = read({"/v1/models": ok(body)})

    assert seen.tags == ()
    assert isinstance(seen.contact.product, Gap)


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "x",
        {},
        {"data": {}},
        {"data": 7},
        {"data": ["x"]},
        {"data": [{"id": ""}]},
        {"data": [{"id": " "}]},
        {"data": [{"id": 7}]},
        {"data": [{"name": "x"}]},
        {"data": [{"id": "x"}, {}]},
        recorded("lm_studio_unexpected"),
    ],
)
def test_what_is_no_list_is_no_such_server(body: object) -> None:
    contact = Contact(ContactState.NOT_OLLAMA, "/v1/models: no list of models", SILENT)

    assert read({"/v1/models": ok(body)}) == Reading(contact, SILENT, SILENT, SILENT)


def test_a_list_beyond_the_bound_is_no_list() -> None:
    assert models_of({"data": [{"id": "x"}] * (MOST_MODELS + 1)}) is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_asked_for_is_said_and_none_is_sent(status: int) -> None:
    seen = read({"/v1/models": Reply(Contact(ContactState.NOT_OLLAMA, f"HTTP {status}"), status)})

    assert isinstance(seen.tags, Gap)
    assert seen.contact == Contact(ContactState.NOT_OLLAMA, f"/v1/models: HTTP {status}", seen.tags, needs_key=True)
    assert seen.tags.why is Why.NO_KEY
    assert (seen.version, seen.running) == (seen.tags, seen.tags)


@pytest.mark.parametrize(
    ("reply", "contact"),
    [
        (REFUSED, Contact(ContactState.REFUSED, "/v1/models", SILENT)),
        (Reply(Contact(ContactState.TIMED_OUT, "5 s")), Contact(ContactState.TIMED_OUT, "/v1/models: 5 s", SILENT)),
        (ABSENT, Contact(ContactState.NOT_OLLAMA, "/v1/models: HTTP 404", SILENT)),
    ],
)
def test_how_the_list_was_answered_is_the_contact(reply: Reply, contact: Contact) -> None:
    assert read({"/v1/models": reply}) == Reading(contact, SILENT, SILENT, SILENT)


def test_a_server_that_is_still_loading_does_not_answer_yet() -> None:
    loading = Reply(Contact(ContactState.NOT_OLLAMA, "HTTP 503"), 503)
    seen = read({"/v1/models": ok(recorded("vllm_models")), "/health": loading})

    assert seen.contact == Contact(ContactState.NOT_OLLAMA, "/health: HTTP 503", SILENT)
    assert seen.tags == SILENT


def test_no_folder_and_no_control_character_is_kept() -> None:
    names = ["/home/bob/models/Qwen3", "C:\\Users\\bob\\x.gguf", "x\x1b[2J\u202e", "y" * 5000]
    seen = read({"/v1/models": listing(*({"id": name, "owned_by": "vllm"} for name in names))})

    shown = [entry.name for entry in tuple_of(seen.tags)]
    assert shown[:2] == ["Qwen3", "x.gguf"]
    assert all(name.isprintable() and len(name) <= 600 for name in shown)
    assert "bob" not in str(seen)


def test_aliases_are_bounded() -> None:
    model = {"id": "x", "owned_by": "llamacpp", "aliases": [f"a{number}" for number in range(10_000)]}
    (entry,) = tuple_of(read({"/v1/models": listing(model)}).tags)

    assert len(entry.aliases) == MOST_ALIASES


def test_a_list_of_many_models_is_read_in_one_pass() -> None:
    many = [{"id": f"m{number}", "owned_by": "organization_owner"} for number in range(50_000)]
    old = [{"id": f"m{number}", "state": "not-loaded"} for number in range(50_000)]
    bodies = {"/v1/models": listing(*many), lm_studio.OLD: ok({"data": old})}

    assert len(tuple_of(read(bodies, UNEXPECTED).tags)) == 50_000


WORDS = (
    "id key data models owned_by vllm llamacpp organization_owner status value loaded state loaded_instances config "
    "context_length role router build_info total_slots meta aliases quantization name publisher model_path x.gguf /a/b "
    "n_params size_bytes"
)
words = st.sampled_from(WORDS.split())
hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)
models = st.lists(
    st.fixed_dictionaries({"id": words, "key": words}, optional={"owned_by": words, "status": hostile, "state": words})
    | hostile,
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(models, st.dictionaries(st.sampled_from(QUESTIONS), hostile), models)
def test_any_bodies_have_a_reading(data: list[object], others: dict[str, object], new: list[object]) -> None:
    replies = {path: ok(body) for path, body in others.items()}
    seen = read({"/api/v1/models": ok({"models": new}), **replies, "/v1/models": ok({"data": data})})

    assert (seen.contact.state is ContactState.ANSWERED) == (not isinstance(seen.tags, Gap))
    if seen.contact.state is ContactState.ANSWERED and isinstance(seen.contact.product, Gap):
        assert all(entry.remote == seen.contact.product for entry in tuple_of(seen.tags))
    if isinstance(seen.running, tuple):
        assert all(isinstance(one.size, Gap) and isinstance(one.size_vram, Gap) for one in seen.running)
        assert {one.name for one in seen.running} <= {entry.name for entry in tuple_of(seen.tags)}
