"""Estimates of weights and cache, held against what is published of models of many architectures."""

from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from gguf_file import TEXT, U32, Key, header, whole_size
from gguf_models import Plan, tensors_of

from modelcheck.core.anatomy import Anatomy
from modelcheck.probes.gguf.anatomy import anatomise, anatomy_of
from modelcheck.probes.gguf.walk import MOST_READ
from modelcheck.probes.stream import Stream

ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "architectures.yaml").read_text("utf-8"))
MIB = 1 << 20
F16 = 2
NATURAL = {0: 4.0, 1: 2.0, 2: 0.5625, 8: 1.0625, 14: 0.8203125, 30: 2.0, 39: 0.53125}

each_model = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])


def anatomy(row: dict[str, Any]) -> Anatomy:
    """Read a header made from the row; the data behind it need not be there."""
    stated = dict(row["keys"])
    name = stated.pop("architecture")
    keys: list[Key] = [("general.architecture", TEXT, name), ("general.file_type", U32, 7)]
    keys += [(f"{name}.{key}", U32, value) for key, value in stated.items()]
    tensors = tensors_of(msgspec.convert(row["plan"], Plan))
    data = header(*keys, tensors=tensors)
    return anatomy_of(*anatomise(Stream(BytesIO(data), whole_size(data, tensors), MOST_READ)))


def number(value: object) -> int:
    assert isinstance(value, int)
    return value


@each_model
def test_weights_are_those_of_the_published_file(row: dict[str, Any]) -> None:
    assert anatomy(row).weights == pytest.approx(row["weights"]["bytes"], rel=0.03)


@each_model
def test_the_cache_is_what_its_server_takes(row: dict[str, Any]) -> None:
    expected = row["cache"]
    elements = number(anatomy(row).cache_elements(expected["context"]))
    assert elements * expected.get("element", F16) / MIB == pytest.approx(expected["mib"], rel=0.1)


@each_model
def test_a_token_reads_all_but_the_embedding_and_idle_experts(row: dict[str, Any]) -> None:
    found = anatomy(row)
    if "read" in row:
        element = row["read"].get("element", NATURAL[row["plan"]["kind"]])
        assert found.read_per_token == pytest.approx(row["read"]["parameters"] * element, rel=0.2)
        return
    plan = row["plan"]
    embedding = plan["width"] * plan["vocabulary"] * NATURAL[plan.get("embedding", plan["kind"])]
    left = 0 if plan.get("tied") and not found.embeds else embedding
    assert found.read_per_token == pytest.approx(number(found.weights) - left, rel=0.001)


def test_many_architectures_are_held_against_published_facts() -> None:
    assert len({row["keys"]["architecture"] for row in ROWS}) >= 10
    assert sum("printed" in row["cache"]["source"] for row in ROWS) >= 3
