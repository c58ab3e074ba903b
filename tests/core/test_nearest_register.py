"""The command that would register a model that lies in a folder: right for its format, and safe to paste."""

import pytest

from modelcheck.app.tables import table
from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Entry
from modelcheck.core.nearest import nearest
from modelcheck.core.tables import Families

CREATE = "ollama create llama3:8b -f Modelfile  # Modelfile"


def command(name: str, form: str | Gap = "gguf", where: str = "", parts: int = 1, wanted: str = "llama3:8b") -> str:
    (near,) = nearest(wanted, (), (Entry(name, format=form, where=where, parts=parts),), table(Families))
    return near.register


@pytest.mark.parametrize("form", ["gguf", NOT_RECORDED])
def test_a_file_is_named_beside_the_modelfile(form: str | Gap) -> None:
    assert command("llama3-8b.Q4_K_M", form) == f"{CREATE}: FROM ./llama3-8b.Q4_K_M.gguf"


def test_the_folder_is_said_where_a_report_may_show_it() -> None:
    assert command("llama3-8b", where="~/models/a.b") == f"{CREATE} in ~/models/a.b: FROM ./llama3-8b.gguf"
    assert command("llama3-8b", where="/usr/share/models") == f"{CREATE} in /usr/share/models: FROM ./llama3-8b.gguf"


@pytest.mark.parametrize("where", ["…/models", "~/my models", "~/a;b", "~/$(x)", "~", "", "~/a\nb", "~/a`b"])
def test_a_folder_that_is_no_plain_word_is_left_out(where: str) -> None:
    assert command("llama3-8b", where=where) == f"{CREATE}: FROM ./llama3-8b.gguf"


def test_safetensors_are_taken_as_a_folder() -> None:
    assert command("Llama3-8B", "safetensors", "~/models/Llama3-8B", parts=4) == (
        f"{CREATE} in ~/models/Llama3-8B: FROM ."
    )
    assert command("Llama3-8B", "safetensors", "…/Llama3-8B", parts=4) == f"{CREATE}: FROM ./Llama3-8B"
    assert command("meta/llama3-8b", "safetensors", "~/hub/snapshots/0") == f"{CREATE} in ~/hub/snapshots/0: FROM ."


def test_several_gguf_files_have_no_command() -> None:
    assert command("llama3-8b", parts=3, where="~/models") == ""


@pytest.mark.parametrize("name", ["llama3 8b", "meta/llama3-8b", "llama3;reboot", "llama3$(x)"])
def test_a_name_that_is_no_plain_word_has_no_command(name: str) -> None:
    assert command(name) == command(name, "safetensors") == ""


def test_what_is_no_name_for_ollama_has_no_command() -> None:
    assert command("llama3-8b", wanted="llama3 8b") == ""
