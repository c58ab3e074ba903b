"""Progress on stderr: one line that names what is waited for, on a terminal alone, and nothing of it stays."""

import pytest

from modelcheck.app.catalogue import probes_of
from modelcheck.app.demo import demo
from modelcheck.cli.progress import Progress, notes
from modelcheck.core.asked import CloudProviders, Servers
from modelcheck.core.project import Configuration
from modelcheck.core.sentence import Told
from modelcheck.reports.lang import words


class Screen:
    """A terminal of one line at a time: what stands there after all that was written."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.written = ""

    @property
    def lines(self) -> list[str]:
        self.written += self._capsys.readouterr().err
        return [self._shown(line).rstrip() for line in self.written.split("\n")]

    @staticmethod
    def _shown(line: str) -> str:
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        return shown


@pytest.fixture
def screen(capsys: pytest.CaptureFixture[str]) -> Screen:
    return Screen(capsys)


def test_what_is_waited_for_is_named(screen: Screen) -> None:
    Progress(shown=True)("configuration", {}, ["gpus", "stores"])

    assert screen.lines == ["waiting for the graphics card, stores of models"]


def test_servers_and_providers_go_by_their_own_names(screen: Screen) -> None:
    facts = demo("broken").facts
    watch = Progress(shown=True)
    watch("asked", {kind: facts.get(kind) for kind in (Servers, CloudProviders)}, ["ollama", "hosted"])

    assert screen.lines == ["waiting for ollama (contacting), anthropic, openai"]


def test_the_line_is_written_over_and_taken_away(screen: Screen) -> None:
    with Progress(shown=True) as watch:
        watch("a", {}, ["agent_classes", "loose_models"])
        watch("b", {}, ["gpus"])
        assert screen.lines == ["waiting for the graphics card"]

    assert screen.lines == [""]


def test_it_is_taken_away_whatever_happens(screen: Screen) -> None:
    def interrupted() -> None:
        with Progress(shown=True) as watch:
            watch("a", {}, ["gpus"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert screen.lines == [""]


def test_what_is_known_stays_above_the_line(screen: Screen) -> None:
    read = demo("broken").facts.get(Configuration)
    with Progress(shown=True) as watch:
        watch("x", {}, ["agent_classes"])
        watch("configuration", {Configuration: read}, ["gpus"])
        watch("y", {}, ["gpus"])

        assert screen.lines == ["config/models_config.json: read, 3 agents", "waiting for the graphics card"]

    assert screen.lines == ["config/models_config.json: read, 3 agents", ""]


def test_no_more_than_a_few_are_named(screen: Screen) -> None:
    Progress(shown=True)("a", {}, ["gpus", "stores", "keys", "platform", "prices"])

    assert screen.lines == ["waiting for the graphics card, stores of models, this machine, …"]


def test_the_line_is_never_longer_than_the_screen(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.cli.progress._columns", lambda: 20)
    Progress(shown=True)("a", {}, ["gpus", "stores"])

    assert [len(line) for line in screen.lines] == [19]


def test_it_speaks_the_language_of_the_user(screen: Screen) -> None:
    Progress("fr", shown=True)("a", {}, ["gpus"])

    assert screen.lines == ["en attente : la carte graphique"]


def test_where_nobody_watches_nothing_is_written(screen: Screen) -> None:
    with Progress() as watch:
        watch("a", {}, ["gpus"])

    assert screen.lines == [""]
    assert screen.written == ""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_word_belongs_to_a_probe(language: str) -> None:
    assert set(words(language).waits) - {"contacting"} <= {probe.name for probe in probes_of()}


def test_a_note_stands_beside_the_result(screen: Screen) -> None:
    notes([Told("interrupted")], "fr")

    assert screen.lines[0].startswith("modelcheck: ")
    assert len(screen.lines) == 2
