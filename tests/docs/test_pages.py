"""A page for each judged check and a check for each page, with the words of the code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from modelcheck.app.catalogue import parts
from modelcheck.app.rules import rules

DOCS = Path(__file__).parent.parent.parent / "docs"
CHECKS = {check.id: check for part in parts() for check in part.checks}


@pytest.fixture(scope="module")
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", DOCS / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_judged_check_has_a_page_and_every_page_a_check() -> None:
    assert {path.stem for path in (DOCS / "checks").glob("*.md")} == {*CHECKS, "README"}


@pytest.mark.parametrize("check_id", CHECKS)
def test_a_page_is_what_the_code_says(check_id: str, made: ModuleType) -> None:
    page = (DOCS / "checks" / f"{check_id}.md").read_text("utf-8")

    assert page == made.pages(rules())[f"{check_id}.md"]
    assert CHECKS[check_id].why in page
    assert all(f"`{code}`" in page for code in CHECKS[check_id].says)


def test_planned_checks_are_in_the_index_alone(made: ModuleType) -> None:
    planned = {one.id for part in parts() for one in part.planned}
    index = (DOCS / "checks" / "README.md").read_text("utf-8")

    assert planned
    assert all(one in index for one in (*planned, *CHECKS))
    assert not planned & {path.stem for path in (DOCS / "checks").glob("*.md")}
