"""Servers that go by exact names: what a listed name is kept as, and who answers to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.asked import Server
from modelcheck.core.facts import NOT_ASKED, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, Contacts, ContactState, Entry, Product
from modelcheck.core.project import Engine
from modelcheck.core.served import listed_name, product_of, served


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/home/bob/models/Qwen3-8B-Q4_K_M.gguf", "Qwen3-8B-Q4_K_M.gguf"),
        ("../models/Meta-Llama-3.1-8B.GGUF", "Meta-Llama-3.1-8B.GGUF"),
        ("C:\\Users\\bob\\x.gguf", "x.gguf"),
        ("d:/models/x", "x"),
        ("~/models/x/", "x"),
        ("./x", "x"),
        ("\\\\server\\share\\x", "x"),
        ("models/x.gguf", "x.gguf"),
        ("/root/models/Qwen3-8B/", "Qwen3-8B"),
        ("/", "/"),
        ("", ""),
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", "ggml-org/gemma-3-4b-it-GGUF:Q4_K_M"),
        ("qwen/qwen3-8b@q4_k_m", "qwen/qwen3-8b@q4_k_m"),
        ("x.gguf", "x.gguf"),
    ],
)
def test_of_a_path_the_last_step_is_kept_and_a_name_as_it_is(text: str, name: str) -> None:
    assert listed_name(text) == name


@given(st.text(max_size=300))
def test_a_kept_name_shows_no_folder_of_a_path(text: str) -> None:
    for path in (f"/{text}", f"C:\\{text}", f"~/{text}", f"{text}/x.gguf"):
        kept = listed_name(path)
        assert kept in {"/", "C", "~"} or "/" not in kept
        assert "\\" not in kept or kept == "\\"


def test_a_text_means_the_first_entry_that_answers_to_it() -> None:
    one, two = Entry("a/b", aliases=("b",)), Entry("b")

    assert served("b", (one, two)) is one
    assert served("a/b", (two, one)) is one
    assert served("A/b", (one, two)) is None
    assert served("/somewhere/b", (two,)) is two


UNTOLD = Gap(Why.NOT_UNDERSTOOD, about="planted")


@pytest.mark.parametrize(
    ("engine", "contacts", "product"),
    [
        (Engine.OLLAMA, UNTOLD, Product.OLLAMA),
        (Engine.OLLAMA, Contact(ContactState.REFUSED), Product.OLLAMA),
        (Engine.OPENAI_LOCAL, Contact(ContactState.ANSWERED, product=Product.OLLAMA), Product.OLLAMA),
        (Engine.OPENAI_LOCAL, Contact(ContactState.ANSWERED, product=Product.VLLM), Product.VLLM),
        (Engine.OPENAI_LOCAL, Contact(ContactState.ANSWERED, product=UNTOLD), UNTOLD),
        (Engine.OPENAI_LOCAL, UNTOLD, UNTOLD),
        (Engine.OPENAI_LOCAL, None, NOT_ASKED),
    ],
)
def test_the_software_is_what_answered_and_never_guessed(
    engine: Engine, contacts: Contact | Gap | None, product: Product | Gap
) -> None:
    seen = {} if contacts is None else {"one": contacts}

    assert product_of(Server("one", engine, "one"), Contacts(Seen[str, Contact].of(seen))) == product
    assert product_of(Server("one", Engine.OPENAI_LOCAL, "one"), UNTOLD) == UNTOLD
