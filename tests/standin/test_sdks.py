"""The providers' own SDKs against the stand-in, which also proves that its errors are read as theirs."""

from collections.abc import Callable, Iterator

import anthropic
import ollama
import openai
import pytest

from modelcheck.standin.fault import BrokenStream, Decline, Reason, ServerName
from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
LIMIT_S = 5.0


@pytest.fixture(scope="module")
def openai_client() -> Iterator[openai.OpenAI]:
    """One client for all tests, since each reads the system's certificates; a test gives it the URL."""
    nowhere = "http://127.0.0.1:9"
    with openai.OpenAI(api_key=made_up_key("openai"), base_url=nowhere, max_retries=0, timeout=LIMIT_S) as client:
        yield client


@pytest.fixture(scope="module")
def anthropic_client() -> Iterator[anthropic.Anthropic]:
    nowhere, key = "http://127.0.0.1:9", made_up_key("anthropic")
    with anthropic.Anthropic(api_key=key, base_url=nowhere, max_retries=0, timeout=LIMIT_S) as client:
        yield client


@pytest.fixture
def gpt(openai_client: openai.OpenAI, stack: Stack) -> openai.OpenAI:
    return openai_client.with_options(base_url=stack.openai_url)


@pytest.fixture
def claude(anthropic_client: anthropic.Anthropic, stack: Stack) -> anthropic.Anthropic:
    return anthropic_client.with_options(base_url=stack.anthropic_url)


@pytest.fixture
def local(stack: Stack) -> Iterator[ollama.Client]:
    client = ollama.Client(host=stack.ollama_url, timeout=LIMIT_S, trust_env=False)
    with client:
        yield client


def test_openai_lists_models_and_chats(gpt: openai.OpenAI) -> None:
    assert [model.id for model in gpt.models.list()] == ["gpt-5", "gpt-5.4-mini"]
    assert gpt.models.retrieve("gpt-5").shutdown_date is None

    answer = gpt.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 46


def test_openai_streams_with_usage(gpt: openai.OpenAI) -> None:
    stream = gpt.chat.completions.create(
        model="gpt-5.4-mini",
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )

    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).startswith("This answer")
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (Reason.INVALID_KEY, openai.AuthenticationError),
        (Reason.RESTRICTED, openai.PermissionDeniedError),
        (Reason.RATE_LIMITED, openai.RateLimitError),
        (Reason.OUT_OF_CREDIT, openai.RateLimitError),
        (Reason.OVERLOADED, openai.InternalServerError),
        (Reason.BROKEN, openai.InternalServerError),
    ],
)
def test_openai_reads_each_refusal_as_its_own(
    running: Running, openai_client: openai.OpenAI, reason: Reason, error: type[Exception]
) -> None:
    stack = running(Decline(server=ServerName.OPENAI, reason=reason))

    with pytest.raises(error):
        openai_client.with_options(base_url=stack.openai_url).models.list()


def test_openai_tells_a_wrong_key_from_a_missing_model(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as wrong:
        gpt.with_options(api_key="nonsense").models.list()
    with pytest.raises(openai.NotFoundError) as missing:
        gpt.models.retrieve("nope")

    assert (wrong.value.code, missing.value.code) == ("invalid_api_key", "model_not_found")


def test_out_of_credit_and_too_fast_are_told_apart_by_their_type(
    running: Running, openai_client: openai.OpenAI
) -> None:
    kinds: list[object] = []
    for reason in (Reason.OUT_OF_CREDIT, Reason.RATE_LIMITED):
        stack = running(Decline(server=ServerName.OPENAI, reason=reason))
        with pytest.raises(openai.RateLimitError) as caught:
            openai_client.with_options(base_url=stack.openai_url).models.list()
        kinds.append((caught.value.type, caught.value.code))

    assert kinds == [("insufficient_quota", "credit_balance_exhausted"), ("requests", "rate_limit_exceeded")]


def test_anthropic_pages_through_models_and_answers(claude: anthropic.Anthropic) -> None:
    assert [model.id for model in claude.models.list(limit=1)] == ["claude-haiku-4-5", "claude-sonnet-4-5"]
    assert claude.models.retrieve("claude-sonnet-4-5").lifecycle == "active"

    message = claude.messages.create(
        model="claude-haiku-4-5", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
    )
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 46)


def test_anthropic_streams(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model="claude-haiku-4-5", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        assert "".join(stream.text_stream) == "This answer comes from a "
        assert stream.get_final_message().stop_reason == "max_tokens"


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (Reason.INVALID_KEY, anthropic.AuthenticationError),
        (Reason.RESTRICTED, anthropic.PermissionDeniedError),
        (Reason.RATE_LIMITED, anthropic.RateLimitError),
        (Reason.OUT_OF_CREDIT, anthropic.PaymentRequiredError),
        (Reason.OVERLOADED, anthropic.OverloadedError),
        (Reason.BROKEN, anthropic.InternalServerError),
    ],
)
def test_anthropic_reads_each_refusal_as_its_own(
    running: Running, anthropic_client: anthropic.Anthropic, reason: Reason, error: type[Exception]
) -> None:
    stack = running(Decline(server=ServerName.ANTHROPIC, reason=reason))

    with pytest.raises(error):
        anthropic_client.with_options(base_url=stack.anthropic_url).models.list()


def test_anthropic_tells_a_wrong_key_from_a_missing_model(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        claude.with_options(api_key="nonsense").models.list()
    with pytest.raises(anthropic.NotFoundError):
        claude.models.retrieve("nope")


def test_an_error_inside_a_stream_reaches_both_hosted_sdks(
    running: Running, openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic
) -> None:
    stack = running(BrokenStream(server=ServerName.OPENAI), BrokenStream(server=ServerName.ANTHROPIC))
    gpt = openai_client.with_options(base_url=stack.openai_url)
    claude = anthropic_client.with_options(base_url=stack.anthropic_url)

    chunks = gpt.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hi"}], stream=True)
    with pytest.raises(openai.APIError, match="had an error"):
        list(chunks)
    events = claude.messages.create(
        model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        list(events)


def test_ollama_lists_shows_and_answers(local: ollama.Client) -> None:
    assert len(local.list().models) == 10
    assert local.show("code-stral").modelinfo is not None
    running = local.ps().models[0]
    assert (running.context_length, running.size_vram) == (4096, running.size)

    said = local.generate("qwen-coder-32b", "Hi")
    hello = [ollama.Message(role="user", content="Hi")]
    chat = local.chat("qwen-coder-32b", hello, stream=True)  # pyright: ignore[reportUnknownMemberType]
    vectors = local.embed("nomic-embed-text", ["a", "b"])
    assert said.eval_count == 46
    assert [part.done for part in chat] == [False] * 46 + [True]
    assert len(vectors.embeddings) == 2


def test_ollama_hears_of_a_missing_model_and_of_no_download(local: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'nope' not found") as missing:
        local.generate("nope", "Hi")
    with pytest.raises(ollama.ResponseError, match="stand-in") as refused:
        local.pull("nope")

    assert (missing.value.status_code, refused.value.status_code) == (404, 403)


def test_an_error_inside_a_stream_reaches_ollamas_client(running: Running) -> None:
    stack = running(BrokenStream(server=ServerName.OLLAMA, route="/api/generate"))
    client = ollama.Client(host=stack.ollama_url, timeout=LIMIT_S, trust_env=False)

    with client, pytest.raises(ollama.ResponseError, match="unexpected EOF"):
        list(client.generate("lux_model", "Hi", stream=True))
