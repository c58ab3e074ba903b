"""What holds for every test: an empty environment, an empty home, and no excuse for skipping where CI forbids it."""

import os
import uuid
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

FORBIDDEN_SKIPS = ("git made no symlinks here", "no C compiler here")
"""Reasons to skip that hold on a workstation; where MODELCHECK_FORBID_SKIPS=1 they are failures."""

PREFIXES = ("ANTHROPIC_", "MODELCHECK_", "OLLAMA_", "OPENAI_", "XDG_")
PROXIES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
FOR_TESTS = ("MODELCHECK_FORBID_SKIPS", "MODELCHECK_REWRITE_GOLDEN", "MODELCHECK_TEST_OLLAMA")
"""Variables that speak to the tests, not to the product."""

MEASURED = "PYTEST_COVERAGE_IN_WORKERS"
"""Tells the processes of pytest-xdist to measure themselves."""

HOMES = ("APPDATA", "HOME", "LOCALAPPDATA", "USERPROFILE")


def pytest_configure(config: pytest.Config) -> None:
    """Measure the processes of pytest-xdist as well, where the one that starts them is measured."""
    if hasattr(config, "workerinput") and os.environ.get(MEASURED):
        measured = Coverage(data_suffix=True)
        measured.start()
        config.add_cleanup(measured.save)
        config.add_cleanup(measured.stop)
    elif Coverage.current() is not None:
        os.environ[MEASURED] = "1"


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def empty_environment(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, server, proxy, setting or locale of whoever runs the tests is seen by one."""
    for name in os.environ:
        upper = name.upper()
        if upper in (*PROXIES, *TRUST) or (upper.startswith(PREFIXES) and upper not in FOR_TESTS):
            monkeypatch.delenv(name)

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = homes / uuid.uuid4().hex
    home.mkdir()
    for name in HOMES:
        monkeypatch.setenv(name, str(home))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    forbid_skip(report)
    return report


def forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that this machine must not need into a failure."""
    if not report.skipped or os.environ.get("MODELCHECK_FORBID_SKIPS") != "1" or not isinstance(report.longrepr, tuple):
        return
    reason = report.longrepr[2].removeprefix("Skipped: ")
    if reason in FORBIDDEN_SKIPS:
        report.outcome = "failed"
        report.longrepr = f"MODELCHECK_FORBID_SKIPS=1, and this was skipped: {reason}"
