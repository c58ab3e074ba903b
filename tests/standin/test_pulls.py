"""The stand-in's pulls: declined unless the scenario has a registry, and then in the lines of Ollama's own stream."""

import httpx
import msgspec
from msgspec.structs import replace

from modelcheck.standin.scenario import LocalModel, Scenario
from modelcheck.standin.stack import Stack

MISSING = "pull model manifest: file does not exist"


def with_registry(*models: LocalModel) -> Stack:
    plain = Scenario.named("workstation")
    return Stack(replace(plain, ollama=replace(plain.ollama, registry=models), pace=0))


def model(name: str = "llama3.1:8b") -> LocalModel:
    return replace(Scenario.named("workstation").ollama.models[0], name=name)


def post(stack: Stack, **body: object) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.post(f"{stack.ollama_url}/api/pull", json=body)


def names(stack: Stack) -> list[str]:
    with httpx.Client(trust_env=False) as client:
        return [one["name"] for one in client.get(f"{stack.ollama_url}/api/tags").json()["models"]]


def test_without_a_registry_every_pull_is_declined() -> None:
    with Stack(Scenario.named("workstation")) as stack:
        assert post(stack, model="llama3.1:8b").status_code == 403


def test_what_the_registry_has_is_listed_and_shown_afterwards() -> None:
    with with_registry(model()) as stack:
        reply = post(stack, name="Llama3.1:8B", model="")
        statuses = [msgspec.json.decode(line)["status"] for line in reply.content.splitlines()]
        with httpx.Client(trust_env=False) as client:
            shown = client.post(f"{stack.ollama_url}/api/show", json={"model": "llama3.1:8b"})

        assert (reply.status_code, reply.headers["content-type"]) == (200, "application/x-ndjson")
        assert (statuses[0], statuses[-1]) == ("pulling manifest", "success")
        assert names(stack).count("llama3.1:8b") == 1
        assert shown.status_code == 200


def test_a_model_that_is_there_already_takes_the_place_of_itself() -> None:
    held = Scenario.named("workstation").ollama.models[0]
    with with_registry(replace(held, digest="ab" * 32)) as stack:
        before = names(stack)
        post(stack, model=held.name)

        assert sorted(names(stack)) == sorted(before)


def test_what_it_has_not_is_an_error_under_status_200() -> None:
    with with_registry() as stack:
        reply = post(stack, model="nonsense:1")

        assert reply.status_code == 200
        assert [msgspec.json.decode(line) for line in reply.content.splitlines()] == [
            {"status": "pulling manifest"},
            {"error": MISSING},
        ]


def test_without_a_stream_it_says_all_at_once() -> None:
    with with_registry(model()) as stack:
        missing, bad = post(stack, model="nonsense:1", stream=False), post(stack, model="a b")

        assert post(stack, model="llama3.1:8b", stream=False).json() == {"status": "success"}
        assert (missing.status_code, missing.json()) == (500, {"error": MISSING})
        assert (bad.status_code, bad.json()) == (400, {"error": "invalid model name"})
