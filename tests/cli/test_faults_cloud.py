"""Planted faults of hosted providers through the whole pipeline: one for each code that costs points."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from ended import Command
from planting import CONFIG, Fault, agent, all_of, assert_named, configured, provider

from modelcheck.probes.ways import CERTIFICATES
from modelcheck.standin.fault import Decline, Reason, Refuse, ServerName
from modelcheck.standin.scenario import OpenAIModel, Scenario
from modelcheck.standin.stack import Stack

SETTINGS = "modelcheck.yaml"
HAIKU, MINI = "claude-haiku-4-5", "gpt-5.4-mini"


def day(days: int) -> str:
    """A date so many days from the day on which the facts are taken."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def settings(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        table = yaml.safe_load((root / SETTINGS).read_text())
        change(table)
        (root / SETTINGS).write_text(yaml.safe_dump(table))

    return plant


def claude(**changes: Any) -> Callable[[Scenario], Scenario]:
    def change(scenario: Scenario) -> Scenario:
        models = tuple(
            msgspec.structs.replace(model, **(changes if model.id == HAIKU else {}))
            for model in scenario.anthropic.models
        )
        account = msgspec.structs.replace(scenario.anthropic, models=models)
        return msgspec.structs.replace(scenario, anthropic=account)

    return change


def gpt(*more: OpenAIModel, **changes: Any) -> Callable[[Scenario], Scenario]:
    def change(scenario: Scenario) -> Scenario:
        models = tuple(
            msgspec.structs.replace(model, **(changes if model.id == MINI else {})) for model in scenario.openai.models
        )
        account = msgspec.structs.replace(scenario.openai, models=(*models, *more))
        return msgspec.structs.replace(scenario, openai=account)

    return change


def unbounded(table: dict[str, Any]) -> None:
    del table["agent_models"]["coder"]["max_tokens"]


def line_of(root: Path, text: str) -> int:
    return next(n for n, line in enumerate((root / CONFIG).read_text().splitlines(), 1) if text in line)


WRITERS = 10
"""The line on which the writer's hosted model stands."""
DATED = OpenAIModel(id=f"{MINI}-2025-08-07", created=1)
FAULTS = {
    "a model that is over": Fault(
        "CLD-04",
        "retired",
        scenario=claude(lifecycle="retired", deprecated_at="2026-01-01T00:00:00Z", retires_at="2026-08-05T00:00:00Z"),
        line=WRITERS,
        also=("CLD-03",),
    ),
    "a model near its end": Fault("CLD-04", "soon", scenario=gpt(shutdown_date=day(30))),
    "a model past its end": Fault("CLD-04", "overdue", scenario=gpt(shutdown_date=day(-3))),
    "a model without a future": Fault("CLD-04", "deprecated", scenario=claude(lifecycle="deprecated"), line=WRITERS),
    "floating ids where pinned ones are wanted": Fault(
        "CLD-05", "against", settings(lambda table: table["cloud"].update(ids="pinned")), line=WRITERS
    ),
    "ids of both kinds": Fault(
        "CLD-05",
        "mixed",
        all_of(settings(lambda table: table["cloud"].pop("ids")), agent("coder", fallbacks=[f"openai/{DATED.id}"])),
        gpt(DATED),
    ),
    "no choice of ids": Fault("CLD-05", "unstated", settings(lambda table: table["cloud"].pop("ids"))),
    "certificates that are not verified": Fault("CLD-06", "unverified", provider("openai", verify=False)),
    "an address without TLS": Fault(
        "CLD-06", "plain", provider("openai", base_url="http://api.openai.com/v1"), also=("CFG-08",)
    ),
    "a switch that turns verification off": Fault("CLD-06", "switched-off", env={"NODE_TLS_REJECT_UNAUTHORIZED": "0"}),
    "a variable that leads elsewhere": Fault(
        "CLD-06", "redirected", env={"OPENAI_BASE_URL": "https://gate.example.com/v1"}
    ),
    "a proxy in the way of this machine": Fault(
        "CLD-06", "proxied", env={"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "example.com"}
    ),
    "retries that multiply": Fault("CLD-07", "storm", agent("coder", max_retries=5)),
    "many retries": Fault("CLD-07", "many", agent("coder", max_retries=1)),
    "a peak above the requests granted": Fault(
        "CLD-08", "requests", settings(lambda table: table["expect"].update(requests_per_minute=51))
    ),
    "a peak above the tokens granted": Fault(
        "CLD-08", "tokens", settings(lambda table: table["cloud"]["limits"]["openai"].update(input_tokens=15_999))
    ),
    "an agent without a bound": Fault("CLD-09", "unbounded", configured(unbounded)),
    "no rule for what is sent": Fault("CLD-12", "unruled", settings(lambda table: table["cloud"].pop("data"))),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)


def test_an_address_that_nobody_vouched_for_is_named(
    command: Command, corrected: Path, stack: Stack, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CERTIFICATES:
        monkeypatch.delenv(name, raising=False)
    provider("openai", base_url="https://gate.example.com/v1")(corrected)
    given = [f"ollama={stack.ollama_url}", f"anthropic={stack.anthropic_url}"]
    options = [word for pair in given for word in ("--endpoint", pair)]

    ended = command("audit", corrected, *options, "--only", "CLD-06", "--json")

    codes = {one["subject"]: one for one in ended.check("CLD-06")["findings"]}
    assert (codes["openai"]["code"], codes["anthropic"]["code"]) == ("elsewhere", "official")
    assert codes["openai"]["place"] == {"path": CONFIG, "line": line_of(corrected, '"openai"')}
    assert "gate.example.com" not in ended.out


@pytest.mark.parametrize(
    ("reason", "why"), [(Reason.OVERLOADED, "overloaded"), (Reason.BROKEN, "error"), (None, "connection refused")]
)
def test_a_provider_with_a_fault_of_its_own_is_unseen_and_named(
    reason: Reason | None, why: str, command: Command, corrected: Path, keys: None
) -> None:
    fault = Decline(server=ServerName.OPENAI, reason=reason) if reason else Refuse(server=ServerName.OPENAI)
    scenario = msgspec.structs.replace(Scenario.named("workstation"), faults=(fault,))
    with Stack(scenario) as stack:
        given = [f"openai={stack.openai_url}", f"anthropic={stack.anthropic_url}"]
        options = [word for pair in given for word in ("--endpoint", pair)]
        ended = command("audit", corrected, *options, "--only", "CLD-02", "--json")

    unseen = [one for one in ended.check("CLD-02")["findings"] if one["subject"] == "openai"]
    assert [one["code"] for one in unseen] == ["unseen"]
    assert why in unseen[0]["gap"]["about"].lower()


@pytest.mark.parametrize("profile", ["static", "default"])
def test_without_a_network_the_table_tells_what_is_over(
    profile: str, command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent("writer", fallbacks=["anthropic/claude-3-haiku-20240307", "anthropic/claude-none-9"])(corrected)
    offline = ["--offline"] if profile == "default" else []

    ended = command("audit", corrected, "--profile", profile, *offline, "--only", "CLD-04", "--json")

    found = {one["subject"]: one for one in ended.check("CLD-04")["findings"]}
    over = found["claude-3-haiku-20240307"]
    assert (over["code"], over["params"]["date"]) == ("retired", "2026-04-20")
    assert over["params"]["instead"] == "claude-haiku-4-5-20251001"
    assert over["place"] == {"path": CONFIG, "line": line_of(corrected, "claude-3-haiku")}
    assert found["claude-none-9"]["code"] == "unseen"


def test_a_project_without_hosted_models_is_judged_in_nothing_of_it(
    command: Command, corrected: Path, stack: Stack
) -> None:
    agent("writer", fallbacks=[])(corrected)
    agent("coder", fallbacks=[])(corrected)

    ended = command("audit", corrected, "--endpoint", f"ollama={stack.ollama_url}", "--json")

    (part,) = [part for part in ended.json["parts"] if part["id"] == "CLD"]
    assert part["applicable"] == 0
    assert {check["outcome"] for check in part["checks"] if check["standing"] == "judged"} == {"not-applicable"}
