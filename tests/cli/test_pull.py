"""`modelcheck pull`: refused in every doubtful case, and one exception lets one model pass."""

import io
import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from ended import Command, Ended
from leaks import leaks
from msgspec.structs import replace
from seat import Left, at_a_terminal

from modelcheck.app.options import Options
from modelcheck.app.pulling import Step
from modelcheck.cli.pull import _about, _Line
from modelcheck.core.host import Endpoint, parse_endpoint
from modelcheck.reports.lang import words
from modelcheck.standin.fault import Fault, ServerName, Status
from modelcheck.standin.scenario import LocalModel, Scenario
from modelcheck.standin.stack import Stack

NEW, HELD = "llama3.1:8b", "llama3:8b-instruct-q6_k"
ON_A_TERMINAL = pytest.mark.skipif(not hasattr(os, "fork"), reason="no terminals of this kind here")


def scenario(*faults: Fault, extra: tuple[LocalModel, ...] = (), **changes: object) -> Scenario:
    plain = Scenario.named("workstation")
    registry = (replace(plain.ollama.models[0], name=NEW, size=4 << 30), *extra)
    return replace(plain, ollama=replace(plain.ollama, registry=registry, **changes), faults=faults, pace=0)


@contextmanager
def stack_of(given: Scenario) -> Generator[Stack]:
    with Stack(given) as running:
        yield running


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(scenario()) as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder without a configuration: Ollama's default server is meant."""
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def own() -> Path:
    """The user's own settings file, which is not there yet."""
    return Path(os.environ["HOME"]) / ".config" / "modelcheck" / "modelcheck.yaml"


@pytest.fixture
def log() -> Path:
    return Path(os.environ["HOME"]) / ".local" / "state" / "modelcheck" / "pulls.jsonl"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def pull(command: Command, root: Path, stack: Stack) -> Callable[..., Ended]:
    return lambda *given: command("pull", *given, "--path", root, "--endpoint", f"ollama={stack.ollama_url}")


def seated(root: Path, stack: Stack, *given: str, answer: str = "y\n", **more: Any) -> Left:
    """Somebody at a terminal; nothing beyond this machine is asked for the size."""
    options: list[str | Path] = ["--path", root, "--endpoint", f"ollama={stack.ollama_url}", "--offline"]
    left = at_a_terminal("pull", *given, *options, answer=answer, **more)
    home = Path(os.environ["HOME"])
    kept = [path.read_text() for path in home.rglob("*.*") if path.is_file()]
    assert [told for text in (left.shown, *kept) for told in leaks(text, homes=(home,))] == []
    assert "Traceback" not in left.shown
    return left


def pulls(stack: Stack) -> list[str | None]:
    return [one.model for one in stack.requests if one.path == "/api/pull"]


def excepted(own: Path, until: datetime | str, subject: str = NEW, what: str = "pull") -> None:
    own.parent.mkdir(parents=True, exist_ok=True)
    end = until if isinstance(until, str) else until.isoformat(timespec="seconds")
    own.write_text(f"exceptions:\n- {{what: {what}, subject: '{subject}', reason: r, approver: me, until: '{end}'}}\n")


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=30)


def events(log: Path) -> list[str]:
    return [msgspec.json.decode(line)["event"] for line in log.read_bytes().splitlines()] if log.exists() else []


def test_what_is_here_is_not_pulled_and_told_with_its_digest(pull: Callable[..., Ended], stack: Stack) -> None:
    ended = pull("LLAMA3:8b-instruct-q6_K")
    model = next(one for one in Scenario.named("workstation").ollama.models if one.name == HELD)

    assert (ended.code, ended.err, pulls(stack)) == (0, "", [])
    assert f"is here already as {HELD} (sha256:{model.digest}): nothing was downloaded" in ended.out


def test_what_is_here_is_not_pulled_whatever_the_reason(pull: Callable[..., Ended], stack: Stack, own: Path) -> None:
    excepted(own, soon(), HELD)

    assert (pull(HELD, "--because", "newer weights").code, pulls(stack)) == (0, [])


def test_what_is_not_here_is_refused_with_the_nearest_and_how_to_allow_it(
    pull: Callable[..., Ended], stack: Stack, own: Path
) -> None:
    ended = pull(NEW)

    assert (ended.code, pulls(stack), own.exists()) == (4, [], False)
    assert ended.out.startswith(f"REFUSED  {NEW} is not here\n    nearest: {HELD}  (same family")
    assert f'modelcheck pull {NEW} --because "…"' in ended.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt-oss:20b-cloud", "runs in Ollama's cloud"),
        ("qwen3:cloud", "runs in Ollama's cloud"),
        ("a b", "no name that Ollama accepts"),
        ("../../x", "no name that Ollama accepts"),
        ("qwen3:8b@sha256:1", "no name that Ollama accepts"),
    ],
)
@ON_A_TERMINAL
def test_no_reason_lets_a_cloud_name_or_no_name_pass(
    pull: Callable[..., Ended], root: Path, stack: Stack, own: Path, name: str, said: str
) -> None:
    left = seated(root, stack, name, "--because", "I want it")

    assert (left.code, pulls(stack), own.exists()) == (4, [], False)
    assert said in left.shown
    assert "[y/N]" not in left.shown


@pytest.mark.parametrize("name", ["gpt-oss:20b-cloud", "qwen3:cloud"])
def test_no_exception_lets_a_cloud_name_pass(pull: Callable[..., Ended], stack: Stack, own: Path, name: str) -> None:
    excepted(own, soon(), name)

    assert (pull(name).code, pulls(stack)) == (4, [])


def test_no_exception_lets_a_stub_pass(command: Command, root: Path, own: Path) -> None:
    stub = replace(Scenario.named("workstation").ollama.models[0], name=NEW, remote_host="https://ollama.com:443")
    excepted(own, soon())
    with stack_of(scenario(models=(stub,), loaded=())) as stack:
        ended = command("pull", NEW, "--path", root, "--endpoint", f"ollama={stack.ollama_url}")

        assert (ended.code, pulls(stack)) == (4, [])
    assert "a stub that sends requests to another host" in ended.out


def test_a_server_that_cannot_be_asked_refuses_whatever_the_exception(command: Command, root: Path, own: Path) -> None:
    excepted(own, soon())
    ended = command("pull", NEW, "--path", root, "--endpoint", "ollama=http://127.0.0.1:9")

    assert ended.code == 4
    assert "could not be checked, which refuses it" in ended.out


def test_a_list_that_cannot_be_read_refuses_whatever_the_exception(command: Command, root: Path, own: Path) -> None:
    excepted(own, soon())
    with stack_of(scenario(Status(server=ServerName.OLLAMA, route="/api/tags", status=500))) as stack:
        ended = command("pull", NEW, "--path", root, "--endpoint", f"ollama={stack.ollama_url}")

        assert (ended.code, pulls(stack)) == (4, [])


def test_an_exception_of_the_users_own_lets_it_pass_without_asking(
    pull: Callable[..., Ended], stack: Stack, own: Path, log: Path
) -> None:
    excepted(own, soon(), "Llama3.1:8B")
    ended = pull(NEW)

    assert (ended.code, pulls(stack)) == (0, [NEW])
    assert f"{NEW} is here now as {NEW} (sha256:" in ended.out
    assert "modelcheck inventory --lock" in ended.out
    assert f"~/.config/modelcheck/modelcheck.yaml, line 2, lets {NEW} be pulled until" in ended.err
    assert events(log) == ["asked", "pulled"]


def test_a_day_holds_to_its_end(pull: Callable[..., Ended], stack: Stack, own: Path) -> None:
    excepted(own, datetime.now(UTC).date().isoformat())

    assert (pull(NEW).code, pulls(stack)) == (0, [NEW])


@pytest.mark.parametrize("by", [timedelta(seconds=1), timedelta(days=3)])
def test_an_exception_that_is_over_lets_nothing_pass(
    pull: Callable[..., Ended], stack: Stack, own: Path, by: timedelta
) -> None:
    excepted(own, datetime.now(UTC) - by)
    ended = pull(NEW)

    assert (ended.code, pulls(stack)) == (4, [])
    assert "your exception for it ended: " in ended.err


@pytest.mark.parametrize(
    ("subject", "what", "until"),
    [
        ("llama3.1:70b", "pull", timedelta(hours=1)),
        (f"infer {NEW}", "request", timedelta(hours=1)),
        (NEW, "pull", timedelta(days=400)),
    ],
)
def test_no_other_exception_lets_it_pass(
    pull: Callable[..., Ended], stack: Stack, own: Path, subject: str, what: str, until: timedelta
) -> None:
    excepted(own, datetime.now(UTC) + until, subject, what)

    assert (pull(NEW).code, pulls(stack)) == (4, [])


def test_a_projects_exception_lets_nothing_pass(pull: Callable[..., Ended], stack: Stack, root: Path) -> None:
    line = f"{{what: pull, subject: '{NEW}', reason: r, approver: me, until: {soon().date()}}}"
    (root / "modelcheck.yaml").write_text(f"exceptions: [{line}]")

    assert (pull(NEW).code, pulls(stack)) == (4, [])


def test_own_settings_that_cannot_be_used_stop_everything(pull: Callable[..., Ended], stack: Stack, own: Path) -> None:
    excepted(own, "soon")

    assert (pull(NEW).code, pulls(stack)) == (2, [])


def test_without_a_terminal_a_reason_lets_nothing_pass(
    pull: Callable[..., Ended], stack: Stack, own: Path, log: Path
) -> None:
    ended = pull(NEW, "--because", "CI wants it")

    assert (ended.code, pulls(stack), own.exists(), events(log)) == (4, [], False, [])
    assert "there is no terminal to ask at" in ended.err


@ON_A_TERMINAL
def test_ci_is_no_terminal(root: Path, stack: Stack, own: Path) -> None:
    left = seated(root, stack, NEW, "--because", "CI wants it", environ={"CI": "true"})

    assert (left.code, pulls(stack), own.exists()) == (4, [], False)
    assert "there is no terminal to ask at" in left.shown


@pytest.mark.parametrize("given", [("--because", " "), ("--because", "r", "--approver", " ")])
def test_a_reason_and_an_approver_say_something(
    pull: Callable[..., Ended], stack: Stack, given: tuple[str, ...]
) -> None:
    assert (pull(NEW, *given).code, pulls(stack)) == (2, [])


@pytest.mark.parametrize("option", ["--yes", "-y", "--force", "--insecure"])
def test_nothing_goes_round_the_question(pull: Callable[..., Ended], stack: Stack, option: str) -> None:
    assert (pull(NEW, "--because", "r", option).code, pulls(stack)) == (2, [])


@ON_A_TERMINAL
def test_whoever_says_yes_has_an_exception_of_an_hour_and_the_model(
    root: Path, stack: Stack, own: Path, log: Path
) -> None:
    own.parent.mkdir(parents=True)
    own.write_text("# mine\nlang: en # of course\n")
    before = datetime.now(UTC)
    left = seated(root, stack, NEW, "--because", "to try: it #1", "--approver", "the team")

    assert (left.code, pulls(stack)) == (0, [NEW])
    assert f"nearest: {HELD}" in left.shown
    assert "its size is not known" in left.shown
    assert f"{NEW} is here now as {NEW}" in left.shown
    assert own.read_text().startswith("# mine\nlang: en # of course\n")
    (one,) = yaml.safe_load(own.read_text())["exceptions"]
    assert (one["what"], one["subject"], one["reason"], one["approver"]) == ("pull", NEW, "to try: it #1", "the team")
    lasts = datetime.fromisoformat(one["until"]) - before
    assert timedelta(minutes=59) < lasts < timedelta(minutes=61)
    assert events(log) == ["excepted", "asked", "pulled"]


@ON_A_TERMINAL
@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n"])
def test_whoever_does_not_say_yes_leaves_everything_as_it_is(
    root: Path, stack: Stack, own: Path, log: Path, answer: str
) -> None:
    left = seated(root, stack, NEW, "--because", "to try it", answer=answer)

    assert (left.code, pulls(stack), own.exists(), events(log)) == (4, [], False, [])
    assert "nothing is pulled" in left.shown


@ON_A_TERMINAL
@pytest.mark.parametrize("answer", ["\x03", "\x04"])
def test_whoever_leaves_the_question_leaves_everything_as_it_is(
    root: Path, stack: Stack, own: Path, answer: str
) -> None:
    """By Ctrl-C, or by Ctrl-D."""
    left = seated(root, stack, NEW, "--because", "to try it", answer=answer)

    assert (left.code, pulls(stack), own.exists()) == (130, [], False)


@ON_A_TERMINAL
def test_a_model_that_there_is_not_is_told_in_the_servers_words(root: Path, stack: Stack, log: Path) -> None:
    left = seated(root, stack, "nonsense:1", "--because", "to try it")

    assert (left.code, pulls(stack)) == (2, ["nonsense:1"])
    assert "did not pull nonsense:1: pull model manifest: file does not exist" in left.shown
    assert events(log) == ["excepted", "asked", "failed"]


@ON_A_TERMINAL
def test_a_guard_in_between_refuses_as_a_refusal(root: Path, own: Path) -> None:
    excepted(own, soon())
    refusal = Status(
        server=ServerName.OLLAMA, route="/api/pull", status=403, body='{"error": "llama3.1:8b is not here"}'
    )
    with stack_of(scenario(refusal)) as stack:
        left = seated(root, stack, NEW)

    assert left.code == 4
    assert "did not pull llama3.1:8b: llama3.1:8b is not here" in left.shown


@ON_A_TERMINAL
def test_ctrl_c_cancels_and_says_what_is_left(root: Path, own: Path, log: Path) -> None:
    excepted(own, soon())

    def is_pulling(shown: bytes) -> bool:
        return b"pulling" in shown.split(b"be pulled until")[-1]

    with stack_of(replace(scenario(), pace=600.0)) as stack:
        left = seated(root, stack, NEW, leaves=is_pulling)
        assert pulls(stack) == [NEW]

    assert left.code == 130
    assert f"the pull of {NEW} is cancelled" in left.shown
    assert "stays in the store of 127.0.0.1:" in left.shown
    assert events(log) == ["asked", "cancelled"]


def test_what_a_server_says_is_no_proof(command: Command, root: Path, own: Path) -> None:
    excepted(own, soon())
    says_so = Status(server=ServerName.OLLAMA, route="/api/pull", status=200, body='{"status": "success"}')
    with stack_of(scenario(says_so)) as stack:
        ended = command("pull", NEW, "--path", root, "--endpoint", f"ollama={stack.ollama_url}")

    assert ended.code == 3
    assert f"the server says that it pulled {NEW}, and does not hold it" in ended.err


def test_a_stub_that_comes_with_an_innocent_name_is_not_taken_for_weights(
    command: Command, root: Path, own: Path
) -> None:
    stub = replace(Scenario.named("workstation").ollama.models[0], name="innocent:8b", remote_host="https://ollama.com")
    excepted(own, soon(), "innocent:8b")
    with stack_of(scenario(extra=(stub,))) as stack:
        ended = command("pull", "innocent:8b", "--path", root, "--endpoint", f"ollama={stack.ollama_url}")

    assert ended.code == 3
    assert "a stub that sends requests to another host" in ended.out


def test_without_a_place_for_the_log_nothing_is_pulled(
    pull: Callable[..., Ended], stack: Stack, own: Path, log: Path
) -> None:
    excepted(own, soon())
    log.parent.parent.mkdir(parents=True)
    log.parent.write_text("no folder")
    ended = pull(NEW)

    assert (ended.code, pulls(stack)) == (2, [])
    assert "the log of pulls cannot be kept, so nothing is pulled" in ended.err


def test_a_server_of_another_machine_pulls_only_where_the_command_line_names_it(
    command: Command, root: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of this machine that is not surely one, as that of another machine would be."""
    excepted(own, soon())
    own.write_text(own.read_text() + "endpoints: {}\n")
    with stack_of(scenario()) as stack:
        monkeypatch.setattr("modelcheck.app.pull.parse_endpoint", foreign)
        own.write_text(own.read_text().replace("{}", f"{{ollama: '{stack.ollama_url}'}}"))
        ended = command("pull", NEW, "--path", root)
        assert (ended.code, pulls(stack)) == (4, [])
        assert "is not on this machine; name it by --endpoint ollama=URL" in ended.err

        ended = command("pull", NEW, "--path", root, "--endpoint", f"ollama={stack.ollama_url}")
        assert (ended.code, pulls(stack)) == (0, [NEW])


class Foreign(Endpoint, frozen=True):
    """An address that is not surely this machine's."""

    @property
    def is_loopback(self) -> bool:
        return False


def foreign(url: str) -> Endpoint:
    found = parse_endpoint(url)
    return Foreign(found.scheme, found.host, found.port, found.path)


def test_a_configuration_that_cannot_be_read_sends_no_pull_to_the_default_server(
    command: Command, root: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    excepted(own, soon())
    (root / "config").mkdir()
    (root / "config" / "models_config.json").write_text("{")
    with stack_of(scenario()) as stack:
        monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url)
        ended = command("pull", NEW, "--path", root)
        assert (ended.code, pulls(stack)) == (4, [])
        assert "which servers the project names is not known" in ended.err

        assert command("pull", NEW, "--path", root, "--endpoint", f"ollama={stack.ollama_url}").code == 0
        assert pulls(stack) == [NEW]


def test_a_profile_that_contacts_nothing_pulls_nothing(pull: Callable[..., Ended], stack: Stack, own: Path) -> None:
    excepted(own, soon())

    assert (pull(NEW, "--profile", "static").code, stack.requests) == (4, ())


def test_only_an_ollama_pulls(command: Command, root: Path, own: Path) -> None:
    excepted(own, soon())
    (root / "config").mkdir()
    (root / "config" / "models_config.json").write_text(
        '{"model_providers": {"vllm": {"base_url": "http://127.0.0.1:9/v1"}},'
        ' "agent_models": {"a": {"primary": "vllm/llama3.1:8b"}}}'
    )
    ended = command("pull", NEW, "--path", root)

    assert ended.code == 4
    assert "none of the project's servers is an Ollama" in ended.err


def test_the_size_is_said_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int | None] = [5 << 30, None]

    def size_of(_: str) -> int | None:
        return sizes.pop(0)

    monkeypatch.setattr("modelcheck.cli.pull.size_of", size_of)
    about = _about

    assert about(NEW, Options(), words()) == ["5.0 GiB, says registry.ollama.ai"]
    assert about(NEW, Options(offline=True), words()) == ["its size is not known"]
    assert about("hf.co/a/b:Q4", Options(), words()) == ["it comes from hf.co", "its size is not known"]


def test_it_speaks_french(pull: Callable[..., Ended]) -> None:
    ended = pull(NEW, "--because", "r", "--lang", "fr")

    assert "n'est pas ici" in ended.out
    assert "il n'y a pas de terminal où demander" in ended.err


def test_what_precheck_says_agrees(command: Command, root: Path, stack: Stack, own: Path) -> None:
    where = ("--path", root, "--endpoint", f"ollama={stack.ollama_url}")
    excepted(own, soon())
    ended = command("precheck", NEW, HELD, *where)

    assert ended.code == 0
    assert f"excepted  {NEW} is not here\n    an exception of your own lets it be pulled until" in ended.out
    assert [one["presence"] for one in command("precheck", NEW, HELD, *where, "--json").json] == ["near", "here"]
    excepted(own, datetime.now(UTC) - timedelta(hours=1))
    assert command("precheck", NEW, *where).code == 4
    excepted(own, soon(), "x:cloud")
    assert command("precheck", "x:cloud", *where).code == 4


@pytest.fixture
def agreeing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody at a terminal who says yes."""

    def yes(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr("modelcheck.cli.pull._is_asked", yes)
    monkeypatch.setattr("typer.confirm", yes)


@pytest.mark.usefixtures("agreeing")
def test_each_name_has_an_exception_of_its_own(pull: Callable[..., Ended], stack: Stack, own: Path, log: Path) -> None:
    first = pull("nonsense:1", "--because", "to try it", "--offline")
    second = pull(NEW, "--because", "to try it", "--offline")

    assert (first.code, second.code, pulls(stack)) == (2, 0, ["nonsense:1", NEW])
    assert "did not pull nonsense:1: pull model manifest: file does not exist" in first.err
    assert [one["subject"] for one in yaml.safe_load(own.read_text())["exceptions"]] == ["nonsense:1", NEW]
    assert events(log) == ["excepted", "asked", "failed", "excepted", "asked", "pulled"]


@pytest.mark.usefixtures("agreeing")
def test_where_the_exception_cannot_be_written_nothing_is_pulled(
    pull: Callable[..., Ended], stack: Stack, own: Path
) -> None:
    own.parent.parent.mkdir()
    own.parent.write_text("no folder")
    ended = pull(NEW, "--because", "to try it", "--offline")

    assert (ended.code, pulls(stack)) == (2, [])


@pytest.mark.usefixtures("agreeing")
def test_an_exception_that_is_over_before_it_is_used_lets_nothing_pass(
    pull: Callable[..., Ended], stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelcheck.app.pull.LASTS", timedelta(seconds=-1))
    ended = pull(NEW, "--because", "to try it", "--offline")

    assert (ended.code, pulls(stack)) == (2, [])
    assert f"no exception lets {NEW} be pulled any more" in ended.err


def test_whoever_leaves_while_it_is_pulled_is_told_what_is_left(
    pull: Callable[..., Ended], own: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    excepted(own, soon())
    monkeypatch.setattr("modelcheck.app.pull.pulled", leave)
    ended = pull(NEW)

    assert ended.code == 130
    assert f"the pull of {NEW} is cancelled" in ended.err
    assert "if anything, stays in the store of 127.0.0.1:" in ended.err
    assert events(log) == ["asked", "cancelled"]


def test_without_a_home_there_is_no_log_and_no_pull(
    pull: Callable[..., Ended], stack: Stack, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> None:
        """There is no home."""

    excepted(own, soon())
    monkeypatch.setattr("modelcheck.app.pull.audit_folder", nowhere)
    ended = pull(NEW)

    assert (ended.code, pulls(stack)) == (2, [])


class Screen(io.StringIO):
    """A terminal that somebody presses Ctrl-C at while the second line is written."""

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        if "pulling 2" in self.getvalue():
            signal.raise_signal(signal.SIGINT)


def test_the_line_of_a_download_heeds_ctrl_c_once_it_has_written(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("modelcheck.cli.pull.EVERY_S", 0)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    line = _Line(words())
    try:
        line.__enter__()
        line(Step("pulling 1", 1 << 30, 2 << 30))
        with pytest.raises(KeyboardInterrupt):
            line(Step("pulling 2"))
        shown = screen.getvalue()
        monkeypatch.setattr("sys.stderr", io.StringIO())
        line.__exit__(None, None, None)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)

    assert shown.startswith("\rpulling 1  1.0 GiB of 2.0 GiB\rpulling 2 ")
