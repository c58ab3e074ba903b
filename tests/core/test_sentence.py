"""A sentence is filled with what it names, and nothing in what fills it is a template."""

import pytest

from modelcheck.core.sentence import Told, fill, parameters


def test_a_sentence_is_filled() -> None:
    assert fill("{path} is not there", path="a.json") == "a.json is not there"


def test_what_is_not_given_stays_visible_and_what_is_no_template_is_shown() -> None:
    assert fill("{path} is not there") == "{path} is not there"
    assert fill("{path is not there", path="a.json") == "{path is not there"


@pytest.mark.parametrize("hostile", ["{other}", "{0.__class__}", "{{", "}"])
def test_nothing_in_a_value_is_a_template(hostile: str) -> None:
    assert fill("{path} is not there", path=hostile, other="x") == f"{hostile} is not there"


def test_no_value_is_reached_into() -> None:
    assert "class" in fill("{path.__class__}", path="a")
    assert "str" not in fill("{path.__class__}", path="a")


@pytest.mark.parametrize(
    ("template", "names"),
    [("{a} and {b:bytes}", {"a", "b"}), ("nothing", set[str]()), ("{a is none", set[str]()), ("{{a}}", set[str]())],
)
def test_the_parameters_of_a_template_are_known(template: str, names: set[str]) -> None:
    assert parameters(template) == names


def test_an_error_for_a_person_is_its_filled_sentence() -> None:
    error = Told("{path} is not there", path="a.json")

    assert str(error) == "a.json is not there"
    assert error.sentence == "{path} is not there"
