"""The clients that people use, unchanged, through the guard: Ollama's own, OpenAI's and Anthropic's."""

import asyncio
import re
from collections.abc import Callable, Iterator

import anthropic
import ollama
import openai
import pytest
from guarded import guarded

from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

LIMIT_S = 30.0
LLAMA = "llama3:8b-instruct-q6_k"
EMBEDS = "nomic-embed-text"
ABSENT = "mixtral-8x7b"
HELLO = [ollama.Message(role="user", content="Hi")]
SAID = "This answer comes from a stand-in"
NEAREST = "mistral:8x7b-instruct-v0.1-q3_k_m"
Change = Callable[[ollama.Client], object]
REFUSED: dict[str, Change] = {
    "create": lambda local: local.create("mine", from_=LLAMA),
    "create from absent": lambda local: local.create("mine", from_=ABSENT),
    "copy": lambda local: local.copy(LLAMA, "mine"),
    "push": lambda local: local.push(LLAMA),
    "delete": lambda local: local.delete(LLAMA),
    "upload": lambda local: local.create_blob(__file__),
}
CHANGES = {"/api/create", "/api/copy", "/api/push", "/api/delete", "/api/pull"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    with guarded(stack.ollama_url) as guard:
        yield f"http://127.0.0.1:{guard.port}"


@pytest.fixture(scope="module")
def local(url: str) -> Iterator[ollama.Client]:
    client = ollama.Client(host=url, timeout=LIMIT_S, trust_env=False)
    with client:
        yield client


@pytest.fixture(scope="module")
def gpt(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0, timeout=LIMIT_S) as client:
        yield client


@pytest.fixture(scope="module")
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key="none", base_url=url, max_retries=0, timeout=LIMIT_S) as client:
        yield client


def test_ollamas_client_lists_shows_and_sees_what_runs(local: ollama.Client, stack: Stack) -> None:
    direct = ollama.Client(host=stack.ollama_url, timeout=LIMIT_S, trust_env=False)
    with direct:
        assert local.list() == direct.list()
        assert local.show(LLAMA) == direct.show(LLAMA)
        assert [one.model for one in local.ps().models] == [one.model for one in direct.ps().models]


@pytest.mark.parametrize("name", [LLAMA, "LLAMA3:8B-Instruct-q6_K", f"library/{LLAMA}"])
def test_ollamas_client_chats_and_generates_by_any_spelling_of_a_name(local: ollama.Client, name: str) -> None:
    chat = local.chat(name, HELLO)  # pyright: ignore[reportUnknownMemberType]

    assert (chat.message.content or "").startswith(SAID)
    assert chat.done
    assert (local.generate(name, "Hi").response or "").startswith(SAID)


def test_ollamas_client_streams(local: ollama.Client) -> None:
    chat = list(local.chat(LLAMA, HELLO, stream=True))  # pyright: ignore[reportUnknownMemberType]
    said = list(local.generate(LLAMA, "Hi", stream=True))

    assert "".join(part.message.content or "" for part in chat).startswith(SAID)
    assert "".join(part.response or "" for part in said).startswith(SAID)
    assert [part.done for part in chat] == [part.done for part in said] == [False] * 46 + [True]


def test_ollamas_client_embeds(local: ollama.Client, stack: Stack) -> None:
    direct = ollama.Client(host=stack.ollama_url, timeout=LIMIT_S, trust_env=False)
    with direct:
        assert local.embed(EMBEDS, ["a", "b"]).embeddings == direct.embed(EMBEDS, ["a", "b"]).embeddings
        assert local.embeddings(EMBEDS, "a") == direct.embeddings(EMBEDS, "a")


def test_a_pull_of_what_is_here_succeeds_and_reaches_nobody(local: ollama.Client, stack: Stack) -> None:
    at_once = local.pull(LLAMA)
    parts = list(local.pull(LLAMA, stream=True))

    assert at_once.status == "success"
    assert parts[-1].status == "success"
    assert any("already here" in (part.status or "") for part in parts)
    assert not [one for one in stack.requests if one.path == "/api/pull"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_pull_of_what_is_not_here_is_refused_with_the_nearest_names(local: ollama.Client, stream: bool) -> None:
    with pytest.raises(ollama.ResponseError, match=re.escape(NEAREST)) as refused:
        list(local.pull(ABSENT, stream=True)) if stream else local.pull(ABSENT)

    assert refused.value.status_code == 403


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_what_would_change_the_server_is_refused(local: ollama.Client, stack: Stack, change: Change) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        change(local)

    assert refused.value.status_code == 403
    assert not [one for one in stack.requests if one.path in CHANGES or one.path.startswith("/api/blobs")]


@pytest.mark.parametrize("name", [ABSENT, "gpt-oss:120b-cloud", f"{LLAMA}:cloud"])
def test_a_chat_with_what_is_not_here_is_refused(local: ollama.Client, stack: Stack, name: str) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        local.chat(name, HELLO)  # pyright: ignore[reportUnknownMemberType]

    assert refused.value.status_code == 403
    assert name not in [one.model for one in stack.requests]


def test_ollamas_asynchronous_client_does_all_of_that(url: str) -> None:
    async def everything() -> None:
        local = ollama.AsyncClient(host=url, timeout=LIMIT_S, trust_env=False)
        async with local:
            chat = await local.chat(LLAMA, HELLO)  # pyright: ignore[reportUnknownMemberType]
            said = await local.generate(LLAMA, "Hi", stream=True)
            text = "".join([part.response or "" async for part in said])
            assert text == chat.message.content
            assert len((await local.embed(EMBEDS, ["a", "b"])).embeddings) == 2
            assert (await local.embeddings(EMBEDS, "a")).embedding
            assert (await local.list()).models
            assert (await local.show(LLAMA)).modelinfo
            assert (await local.ps()).models
            assert (await local.pull(LLAMA)).status == "success"
            with pytest.raises(ollama.ResponseError) as refused:
                await local.pull(ABSENT)
            assert refused.value.status_code == 403

    asyncio.run(everything())


def test_openais_client_lists_and_describes_models(gpt: openai.OpenAI, stack: Stack) -> None:
    with openai.OpenAI(api_key="none", base_url=f"{stack.ollama_url}/v1", max_retries=0) as direct:
        assert list(gpt.models.list()) == list(direct.models.list())
        assert gpt.models.retrieve(LLAMA) == direct.models.retrieve(LLAMA)


def test_openais_client_chats_and_streams(gpt: openai.OpenAI) -> None:
    whole = gpt.chat.completions.create(model=LLAMA, messages=[{"role": "user", "content": "Hi"}])
    chunks = gpt.chat.completions.create(
        model=LLAMA,
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    parts = list(chunks)

    assert (whole.choices[0].message.content or "").startswith(SAID)
    text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
    assert text == whole.choices[0].message.content
    assert parts[-1].usage is not None


def test_openais_client_passes_tools_on(gpt: openai.OpenAI, stack: Stack) -> None:
    with pytest.raises(openai.BadRequestError, match="does not support tools"):
        gpt.chat.completions.create(
            model=LLAMA,
            messages=[{"role": "user", "content": "Hi"}],
            tools=[
                {
                    "type": "function",
                    "function": {
                        "name": "add",
                        "parameters": {"type": "object", "properties": {"A": {"type": "number"}, "a": {}}},
                    },
                }
            ],
        )

    assert stack.requests[-1].model == LLAMA


def test_openais_client_embeds_and_responds(gpt: openai.OpenAI) -> None:
    vectors = gpt.embeddings.create(model=EMBEDS, input=["a", "b"]).data
    whole = gpt.responses.create(model=LLAMA, input="Hi")
    events = list(gpt.responses.create(model=LLAMA, input="Hi", stream=True))

    assert [len(one.embedding) > 0 for one in vectors] == [True, True]
    assert whole.output_text.startswith(SAID)
    assert "".join(one.delta for one in events if one.type == "response.output_text.delta") == whole.output_text


def test_openais_client_reads_a_refusal_as_one_of_its_own(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError, match=re.escape(NEAREST)) as refused:
        gpt.chat.completions.create(model=ABSENT, messages=[{"role": "user", "content": "Hi"}])
    with pytest.raises(openai.PermissionDeniedError):
        gpt.models.retrieve("gpt-oss:120b-cloud")

    assert refused.value.response.headers["x-modelcheck-reason"] == "not-here"


def test_anthropics_client_answers_and_streams(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(model=LLAMA, max_tokens=50, messages=[{"role": "user", "content": "Hi"}])
    with claude.messages.stream(model=LLAMA, max_tokens=50, messages=[{"role": "user", "content": "Hi"}]) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()

    assert text.startswith(SAID)
    assert final.stop_reason == whole.stop_reason == "end_turn"
    assert [block.text for block in whole.content if block.type == "text"] == [text]


def test_anthropics_client_reads_a_refusal_as_one_of_its_own(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.PermissionDeniedError, match=re.escape(NEAREST)):
        claude.messages.create(model=ABSENT, max_tokens=5, messages=[{"role": "user", "content": "Hi"}])


def test_a_client_that_follows_redirects_finds_none(url: str) -> None:
    odd = ollama.Client(host=f"{url}/x/..", timeout=LIMIT_S, trust_env=False)
    with odd, pytest.raises(ollama.ResponseError) as refused:
        odd.pull(ABSENT)

    assert refused.value.status_code in {400, 403}
