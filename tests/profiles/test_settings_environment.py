"""The variables of the environment: each reads as its setting, and one that nothing reads is an error."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.sentence import Told
from modelcheck.profiles.declared import Own
from modelcheck.profiles.environment import READERS, environment, variable
from modelcheck.profiles.layers import Layer, merged
from modelcheck.profiles.written import InvalidSettings

HOME = Path("/home/somebody") if os.name != "nt" else Path("C:\\Users\\somebody")


def read(**variables: str) -> Own:
    return layer(**variables).said


def layer(**variables: str) -> Layer:
    return environment({f"MODELCHECK_{name}": text for name, text in variables.items()}, HOME)


def refused(**variables: str) -> str:
    with pytest.raises(InvalidSettings) as error:
        read(**variables)
    assert str(error.value).isprintable()
    return str(error.value)


def test_every_setting_has_its_variable() -> None:
    found = read(
        PROFILE="static",
        OFFLINE="yes",
        LANG="fr_FR.UTF-8",
        ENDPOINTS="ollama=http://127.0.0.1:1, shop:11434=http://127.0.0.1:2",
        PATHS="/models=D:\\models",
        MODELS_DIRS=os.pathsep.join(["a", "~/b"]),
        ENV_FILES="c",
        KEY_VARIABLES="openai=WORK_KEY",
        TRUST_HOSTS="a.example, B.example",
        FAIL_UNDER="70.5",
        MIN_COVERAGE="80",
        MAX_DROP="0",
        BASELINE="base",
        MACHINE_FACTS="facts.json",
    )

    assert found == Own(
        profile="static",
        offline=True,
        lang="fr_FR.UTF-8",
        endpoints={"ollama": "http://127.0.0.1:1", "shop:11434": "http://127.0.0.1:2"},
        paths={"/models": "D:\\models"},
        models_dirs=("a", "~/b"),
        env_files=("c",),
        key_variables={"openai": "WORK_KEY"},
        trust_hosts=("a.example", "B.example"),
        fail_under=70.5,
        min_coverage=80,
        max_drop=0,
        baseline="base",
        machine_facts="facts.json",
    )
    assert {*READERS, "expect", "cloud"} == set(Own.__struct_fields__)


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("No", False)]
)
def test_true_and_false_have_three_words_each(text: str, truth: bool) -> None:
    assert read(OFFLINE=text).offline is truth


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_variable_is_none(text: str) -> None:
    assert read(OFFLINE=text, PROFILE=text, PROFIL=text) == Own()


def test_variables_that_speak_to_the_tests_or_name_the_file_are_no_settings() -> None:
    names = ("TEST_OLLAMA", "TEST_ANYTHING", "FORBID_SKIPS", "REWRITE_GOLDEN", "CONFIG")

    assert read(**dict.fromkeys(names, "1")) == Own()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PROFIL", "a", "MODELCHECK_PROFIL is not a variable of modelcheck; did you mean MODELCHECK_PROFILE?"),
        ("FAIL_UDNER", "a", "did you mean MODELCHECK_FAIL_UNDER?"),
        ("ZZZZZZZZZZ", "a", "MODELCHECK_ZZZZZZZZZZ is not a variable of modelcheck; there are: MODELCHECK_BASELINE, "),
        ("EXPECT", "a", "MODELCHECK_EXPECT is not a variable"),
        ("OFFLINE", "maybe", "MODELCHECK_OFFLINE: `offline` must be true or false, not text"),
        ("FAIL_UNDER", "high", "MODELCHECK_FAIL_UNDER: `fail_under` must be a number between 0 and 100, not text"),
        ("FAIL_UNDER", "101", "MODELCHECK_FAIL_UNDER: `fail_under` must be a number between 0 and 100, not 101"),
        ("FAIL_UNDER", "nan", "`fail_under` must be a number between 0 and 100, not text"),
        ("LANG", "tlh", "MODELCHECK_LANG: `lang` must be one of en, fr"),
        ("ENDPOINTS", "ollama", "MODELCHECK_ENDPOINTS takes NAME=VALUE, such as ollama=http://127.0.0.1:11434"),
        ("ENDPOINTS", "ollama=here", "MODELCHECK_ENDPOINTS: `endpoints.ollama`: the address must begin with http"),
        ("KEY_VARIABLES", "openai=", "MODELCHECK_KEY_VARIABLES takes NAME=VALUE"),
        ("PROFILE", "a" * 40_000, "MODELCHECK_PROFILE is longer than 32768 characters"),
        ("PROFILE", "\udcff", "MODELCHECK_PROFILE: `profile` holds half a character"),
    ],
)
def test_what_cannot_be_used_is_told_with_the_name_of_its_variable(name: str, text: str, said: str) -> None:
    assert said in refused(**{name: text})


def test_a_key_in_the_place_of_its_variables_name_is_never_repeated() -> None:
    said = refused(KEY_VARIABLES="openai=sk-made-up-0123456789")

    assert said == (
        "MODELCHECK_KEY_VARIABLES: `key_variables.openai` must be "
        "the name of a variable such as OPENAI_API_KEY, never a key"
    )


def test_an_endpoint_with_a_password_is_never_repeated() -> None:
    assert "hunter2" not in refused(ENDPOINTS="ollama=http://me:hunter2@10.0.0.5")


def test_paths_start_in_the_folder_or_the_home() -> None:
    values = merged([layer(MODELS_DIRS=os.pathsep.join(["a", "~/b", "~c"]), BASELINE="~/d", MACHINE_FACTS="e")])
    shown = [one.value for one in values.values()]

    assert shown == [str(Path.cwd() / "a"), str(HOME / "b"), str(Path.cwd() / "~c"), str(HOME / "d"), "e"]


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([variable(key) for key in READERS]) | st.text(max_size=8).map(lambda end: f"MODELCHECK_{end}"),
        st.text(max_size=40) | st.text("=,:;~/\\.0123456789truefalsn", max_size=40),
        max_size=4,
    )
)
def test_whatever_is_set_is_read_or_told(variables: dict[str, str]) -> None:
    try:
        found = environment(variables, HOME)
    except Told as told:
        assert str(told).isprintable()
        assert len(str(told)) < 700
    else:
        merged([found])
