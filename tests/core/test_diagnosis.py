"""What to do first: one thing for each reason why nothing answers or nothing is named."""

from typing import Any

import msgspec
import pytest

from modelcheck.core.diagnosis import Advice, FirstContact, Installed, Side, advice
from modelcheck.core.facts import Fact, Facts, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Entry
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.stores import (
    Basis,
    Holder,
    Leftovers,
    LooseModels,
    ModelFolder,
    NamedFolder,
    ServerStore,
    Store,
    Stores,
)

HERE, THERE = "http://127.0.0.1:11434", "http://127.0.0.1:7000"
STOPPED = FirstContact(Side.LINUX, Installed(), silent=(HERE,))


def advised(first: FirstContact | Gap, *others: Fact) -> list[Advice]:
    return list(advice(Facts({FirstContact: first, **{type(one): one for one in others}})))


def one_of(**changes: Any) -> tuple[str, str]:
    (one,) = advised(msgspec.structs.replace(STOPPED, **changes))
    assert one.params["server"] == HERE
    return one.code, one.command


@pytest.mark.parametrize(
    ("side", "found", "code", "command"),
    [
        (Side.LINUX, Installed(), "not-installed", ""),
        (Side.LINUX, Installed(other_side=True), "not-installed", ""),
        (Side.LINUX, Installed(program=True), "start", "ollama serve"),
        (Side.LINUX, Installed(program=True, unit=True), "start-unit", "sudo systemctl start ollama"),
        (Side.WSL2, Installed(program=True), "start", "ollama serve"),
        (Side.WSL2, Installed(), "on-windows", "--endpoint ollama=http://ADDRESS-OF-WINDOWS:11434"),
        (Side.WSL2, Installed(other_side=True), "on-windows", "--endpoint ollama=http://ADDRESS-OF-WINDOWS:11434"),
        (Side.WSL1, Installed(other_side=True), "start-app", ""),
        (Side.WSL1, Installed(), "not-installed", ""),
        (Side.CONTAINER, Installed(), "in-container", "--endpoint ollama=http://host.docker.internal:11434"),
        (
            Side.CONTAINER,
            Installed(program=True),
            "in-container",
            "--endpoint ollama=http://host.docker.internal:11434",
        ),
        (Side.WINDOWS, Installed(program=True, app=True, other_side=True), "start-app", ""),
        (Side.WINDOWS, Installed(program=True), "start", "ollama serve"),
        (Side.WINDOWS, Installed(other_side=True), "in-wsl", "wsl ollama serve"),
        (Side.WINDOWS, Installed(), "not-installed", ""),
        (Side.MACOS, Installed(app=True), "start-app", "open -a Ollama"),
        (Side.MACOS, Installed(program=True), "start", "ollama serve"),
        (Side.OTHER, Installed(), "not-installed", ""),
    ],
)
def test_what_to_do_follows_from_the_side_and_from_what_is_installed(
    side: Side, found: Installed, code: str, command: str
) -> None:
    assert one_of(side=side, installed=found) == (code, command)


def test_an_ollama_at_another_port_outweighs_all_guesses() -> None:
    found = one_of(elsewhere=(THERE,), variable="http://127.0.0.1:9", side=Side.CONTAINER)

    assert found == ("other-port", f"--endpoint ollama={THERE}")


def test_the_shells_own_address_counts_where_it_is_another() -> None:
    assert one_of(variable=THERE) == ("host-differs", f"--endpoint ollama={THERE}")
    assert one_of(variable=HERE) == ("not-installed", "")


def test_a_taken_port_is_told_beside_a_silent_one_and_each_thing_once() -> None:
    first = msgspec.structs.replace(STOPPED, taken=(THERE,), silent=(HERE, "http://127.0.0.1:2"))

    assert [(one.code, one.params["server"]) for one in advised(first)] == [
        ("port-taken", THERE),
        ("not-installed", HERE),
    ]


def test_what_was_not_looked_at_brings_no_advice() -> None:
    assert advised(Gap(Why.TIMED_OUT)) == []
    assert advised(FirstContact(Side.LINUX, Installed())) == []


STORE = Store("~/.ollama/models", (), (), None)
QUIET = FirstContact(Side.LINUX, Installed())


def stores(same: bool | Gap, own: ServerStore | Gap) -> Stores:
    folder = NamedFolder("…/modeles_llm", Seen[str, bool].of({HERE: same}))
    return Stores(Seen[str, ServerStore].of({HERE: own}), (folder,))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (r"D:\modeles_llm", r"OLLAMA_MODELS=D:\modeles_llm"),
        ("~/models", "OLLAMA_MODELS=~/models"),
        ("/data/x; rm -rf ~", "OLLAMA_MODELS=FOLDER"),
        ("$(evil)", "OLLAMA_MODELS=FOLDER"),
        ("/data/with space", "OLLAMA_MODELS=FOLDER"),
        (None, "OLLAMA_MODELS=FOLDER"),
    ],
)
def test_another_store_than_the_projects_is_told_with_a_command_that_is_safe_to_paste(
    text: str | None, command: str
) -> None:
    (one,) = advised(QUIET, stores(False, ServerStore(STORE, Basis.PROCESS)), Expectations(models_dir=text))

    assert one == Advice("other-store", {"folder": "…/modeles_llm", "root": "~/.ollama/models"}, command)


@pytest.mark.parametrize("same", [True, Gap(Why.UNDECIDED)])
def test_a_store_that_is_the_same_or_not_known_is_left_alone(same: bool | Gap) -> None:
    assert advised(QUIET, stores(same, ServerStore(STORE, Basis.PROCESS))) == []
    assert advised(QUIET, stores(False, Gap(Why.NOT_THERE))) == []


def test_another_store_is_told_without_intentions_too() -> None:
    (one,) = advised(QUIET, stores(False, ServerStore(STORE, Basis.PROCESS)))

    assert one.command == "OLLAMA_MODELS=FOLDER"


def loose(holder: Holder, *entries: Entry) -> LooseModels:
    return LooseModels((ModelFolder("…/modeles_llm", holder, entries, Leftovers(0, 0)),))


def test_models_that_nothing_has_registered_come_with_the_command_for_one() -> None:
    odd, plain = Entry("a b;c", format="gguf"), Entry("Tiny", format="gguf")
    (one,) = advised(QUIET, loose(Holder.USER, odd, plain))

    assert one.params == {"root": "…/modeles_llm", "count": "2"}
    assert one.command.startswith("ollama create tiny:latest -f Modelfile")
    (one,) = advised(QUIET, loose(Holder.USER, odd))
    assert one.command == ""


def test_caches_of_others_and_empty_folders_need_no_registration() -> None:
    assert advised(QUIET, loose(Holder.HUGGING_FACE, Entry("x"))) == []
    assert advised(QUIET, loose(Holder.USER)) == []


def configuration(reading: Reading) -> Configuration:
    return Configuration("config/models_config.json", reading, (), (), 0, (), ())


def test_a_configuration_elsewhere_comes_with_the_line_of_settings() -> None:
    first = msgspec.structs.replace(QUIET, native=("models.json", "conf/models.json"), foreign=("librechat.yaml",))
    params = {"path": "config/models_config.json", "found": "models.json, conf/models.json"}

    assert advised(first, configuration(Reading.MISSING)) == [Advice("config-elsewhere", params, "config: models.json")]
    assert advised(first, configuration(Reading.READ)) == []
    assert advised(first) == []


def test_files_of_other_tools_are_named_where_nothing_else_is() -> None:
    first = msgspec.structs.replace(QUIET, foreign=("librechat.yaml",))
    (one,) = advised(first, configuration(Reading.MISSING))

    assert (one.code, one.params["found"], one.command) == ("other-formats", "librechat.yaml", "")
    assert advised(QUIET, configuration(Reading.MISSING)) == []


def test_something_is_installed_where_any_of_its_parts_is() -> None:
    assert not Installed(other_side=True).here
    assert all(Installed(**{name: True}).here for name in ("program", "unit", "app"))
