"""What a key looks like."""

import base64
import hashlib
import time
from pathlib import Path

import msgspec
import pytest
import yaml

import modelcheck
from modelcheck.core.cloud import KeyShape
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.shape import WINDOW, Shapes

TABLE = Path(modelcheck.__file__).parent / "data" / "providers.yaml"
SHAPES = Shapes(msgspec.convert(yaml.safe_load(TABLE.read_bytes()), KnownProviders, strict=False))

ANTHROPIC = "-".join(("sk", "ant", "api03", "k" * 93 + "AA"))
OPENAI = "-".join(("sk", "proj", "a1" * 12 + "T3Blbk" + "FJ" + "b2" * 12))
GROQ = "gs" + "k_" + "Qa" * 26


@pytest.mark.parametrize(
    ("value", "provider", "shape"),
    [
        (ANTHROPIC, "anthropic", KeyShape.PLAUSIBLE),
        (OPENAI, "openai", KeyShape.PLAUSIBLE),
        (OPENAI, "anthropic", KeyShape.FOREIGN),
        (ANTHROPIC, "openai", KeyShape.FOREIGN),
        (GROQ + "\n", "openai", KeyShape.FOREIGN),
        (GROQ, "mistral", KeyShape.FOREIGN),
        (ANTHROPIC + "\n", "anthropic", KeyShape.UNTRIMMED),
        (" " + ANTHROPIC, "anthropic", KeyShape.UNTRIMMED),
        ("hello", "anthropic", KeyShape.MALFORMED),
        (ANTHROPIC[:40], "anthropic", KeyShape.MALFORMED),
        (ANTHROPIC + "é", "anthropic", KeyShape.MALFORMED),
        ("k" * 2000, "anthropic", KeyShape.MALFORMED),
        ("q" * 32, "mistral", KeyShape.PLAUSIBLE),
        ("q" * 15, "mistral", KeyShape.MALFORMED),
        ("two words of a key that is long", "mistral", KeyShape.MALFORMED),
        (OPENAI, None, KeyShape.PLAUSIBLE),
        ("abc", None, KeyShape.PLAUSIBLE),
        ("abc\t", None, KeyShape.UNTRIMMED),
        ("EMPTY", "openai", KeyShape.PLACEHOLDER),
        ("ollama\n", "openai", KeyShape.PLACEHOLDER),
        ("lm-studio", None, KeyShape.PLACEHOLDER),
        ("<your key>", "openai", KeyShape.PLACEHOLDER),
        ("sk-" + "x" * 48, "openai", KeyShape.PLACEHOLDER),
        ("sk-ant-your-key-here", "anthropic", KeyShape.PLACEHOLDER),
        ("your_api_key_here", "openai", KeyShape.PLACEHOLDER),
        ("${OPENAI_API_KEY}", "openai", KeyShape.PLACEHOLDER),
        ("os.environ/OPENAI_API_KEY", "openai", KeyShape.PLACEHOLDER),
        ("{env:OPENAI_API_KEY}", "openai", KeyShape.PLACEHOLDER),
    ],
)
def test_a_value_has_its_shape(value: str, provider: str | None, shape: KeyShape) -> None:
    assert SHAPES.of(value, provider) is shape


def test_random_keys_are_not_taken_for_placeholders() -> None:
    noise = base64.urlsafe_b64encode(hashlib.shake_256(b"keys").digest(5000 * 72)).decode()
    keys = ["-".join(("sk", "ant", "api03", noise[start : start + 95])) for start in range(0, len(noise), 96)]

    assert len(keys) == 5000
    assert sum(map(SHAPES.is_placeholder, keys)) <= 5


@pytest.mark.parametrize(
    ("name", "value", "is_literal"),
    [
        ("api_key", "q" * 16, True),
        ("OPENROUTER_APIKEY", "q" * 16, True),
        ("authToken", "q" * 16, True),
        ("client-secret", "q" * 16, True),
        ("HF_TOKEN", "q" * 16, True),
        ("api_key", "q" * 15, False),
        ("api_key", " " * 20, False),
        ("api_key", "${SOME_OTHER_VARIABLE}", False),
        ("api_key_env", "SOME_OTHER_VARIABLE", False),
        ("max_tokens", "q" * 16, False),
        ("secret_santa", "q" * 16, False),
    ],
)
def test_a_long_literal_under_a_key_like_name_is_a_key(name: str, value: str, is_literal: bool) -> None:
    assert SHAPES.is_literal(name, value) is is_literal


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        (f"x = '{ANTHROPIC}'  # and {GROQ}", ["anthropic", "groq"]),
        (f"{OPENAI}", ["openai"]),
        (f"a{ANTHROPIC}", []),
        (f"{GROQ}a", []),
        ("-".join(("sk", "ant", "api03", "x" * 95)), []),
        ("", []),
        (" " * (WINDOW - 30) + ANTHROPIC + " " * 30, ["anthropic"]),
        (" " * (3 * WINDOW) + ANTHROPIC, ["anthropic"]),
    ],
)
def test_keys_are_found_in_a_line_of_any_length(line: str, kinds: list[str]) -> None:
    assert list(SHAPES.kinds_in(line)) == kinds


@pytest.mark.parametrize(
    "piece",
    ["sk-", "sk-proj-", " sk-" + "a" * 40, "T3Blbk" + "FJ", "sk-" + "a" * 20 + "T3Blbk" + "FJ", "sk-ant-api03-", "-"],
)
def test_searching_takes_linear_time(piece: str) -> None:
    line = (piece * (300_000 // len(piece)))[:300_000]
    began = time.process_time()

    assert set(SHAPES.kinds_in(line)) <= {"openai"}
    assert time.process_time() - began < 10
