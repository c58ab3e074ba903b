"""Model names are read as Ollama reads them; the vectors record what its own parsers did."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.name import MAX_TEXT, InvalidName, ModelName, ModelRef, NameParts, Source, pull_target

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors/name_vectors.json").read_text("utf-8"))
READERS = [
    pytest.param(ModelName.parse, id="name"),
    pytest.param(ModelRef.parse, id="reference"),
    pytest.param(NameParts.split, id="parts"),
    pytest.param(pull_target, id="pull"),
]

FIRST = "abcXYZ019_"
PARTS = {"host": ("-.:", 350), "namespace": ("-", 80), "model": ("-.", 80), "tag": ("-.", 80)}

any_text = st.text(st.characters(exclude_categories=()), max_size=200)
name_like = st.lists(
    st.sampled_from([*"aZ9_.-:/@%\\! \n\xa0\x1c\u00e9\u0430", "cloud", "LOCAL", "-cloud", "://", "latest", "library"]),
    max_size=12,
).map("".join)
hostile = any_text | name_like


def part(kind: str) -> st.SearchStrategy[str]:
    rest = st.text(st.sampled_from(FIRST + PARTS[kind][0]), max_size=12)
    return st.builds(str.__add__, st.sampled_from(FIRST), rest)


names = st.builds(ModelName, part("host"), part("namespace"), part("model"), part("tag"))


def ids(vector: dict[str, Any]) -> str:
    text = vector["input"]
    return f"{text[:50]!a}, {len(text)}"


def server_inference(ref: ModelRef) -> str:
    if ref.name is None:
        return "reject: invalid model name"
    if ref.is_cloud:
        return f"LEAVES MACHINE: proxied to ollama.com as {ref.base}"
    return f"local lookup of {ref.name}"


def reading(text: str) -> dict[str, Any]:
    """What we make of a text, in the words of the vectors."""
    parts = NameParts.split(text)
    ref = ModelRef.parse(text)
    row: dict[str, Any] = {
        "bare": msgspec.structs.asdict(parts),
        "bare_fully_qualified": parts.is_fully_qualified,
        "parsed": msgspec.structs.asdict(parts.filled()),
        "valid": parts.filled().is_fully_qualified,
        "ref_base": ref.base,
        "ref_source": ref.source,
        "server_inference": server_inference(ref),
    }
    with suppress(InvalidName):
        name = ModelName.parse(text)
        path = "/".join(name.manifest_path)
        row |= {"canonical": str(name), "display_shortest": name.shortest, "manifest_relpath": path}
    try:
        return row | {"server_pull_target": str(pull_target(text))}
    except InvalidName:
        return row | {"server_pull_error": "invalid model name"}


@pytest.mark.parametrize("vector", VECTORS, ids=ids)
def test_text_is_read_as_ollama_reads_it(vector: dict[str, Any]) -> None:
    text = vector["input"]
    assert reading(text) == {key: vector[key] for key in vector.keys() - {"input", "source", "note"}}


class TestSameModel:
    """Which spellings are one model."""

    @pytest.mark.parametrize(
        "spelling",
        [
            *(
                "Qwen3:8B",
                "library/qwen3:8b",
                "registry.ollama.ai/library/qwen3:8b",
                "Registry.Ollama.AI/Library/qwen3:8b",
            ),
            *("https://registry.ollama.ai/library/qwen3:8b", "https:///library/qwen3:8b"),
        ],
    )
    def test_spellings_of_one_are_one_key(self, spelling: str) -> None:
        name = ModelName.parse("qwen3:8b")
        assert ModelName.parse(spelling) == name
        assert not ModelName.parse(spelling) != name  # noqa: SIM202  (the operator is under test)
        assert {name: "here"}[ModelName.parse(spelling)] == "here"

    @pytest.mark.parametrize("text", ["qwen3", "nomic-embed-text"])
    def test_tag_latest_is_implied(self, text: str) -> None:
        assert ModelName.parse(text) == ModelName.parse(f"{text}:latest")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("qwen3", "qwen3:8b"),
            ("x:8b-instruct-q4_K_M", "x:8b"),
            ("hf.co/org/repo:Q4_K_M", "org/repo:Q4_K_M"),
            ("ollama/x", "x"),
            ("qwen3:8b", "qwen38:b"),
        ],
    )
    def test_others_stay_apart(self, one: str, other: str) -> None:
        assert ModelName.parse(one) != ModelName.parse(other)
        assert not ModelName.parse(one) == ModelName.parse(other)  # noqa: SIM201

    def test_is_nothing_but_a_name(self) -> None:
        assert ModelName.parse("qwen3") != "registry.ollama.ai/library/qwen3:latest"

    def test_case_is_kept_as_typed(self) -> None:
        assert str(ModelName.parse("hf.co/Org/Repo:Q4_K_M")) == "hf.co/Org/Repo:Q4_K_M"

    def test_default_parts_are_hidden_in_any_case(self) -> None:
        assert ModelName.parse("Registry.OLLAMA.ai/Library/x").shortest == "x:latest"
        assert ModelName.parse("hf.co/library/x").shortest == "hf.co/library/x:latest"


class TestPort:
    """A colon left of the last slash is a port and no tag."""

    def test_two_parts_have_no_host(self) -> None:
        assert NameParts.split("localhost:5000/x") == NameParts(namespace="localhost:5000", model="x")
        with pytest.raises(InvalidName, match="namespace holds ':'"):
            ModelName.parse("localhost:5000/x")

    def test_scheme_ends_at_the_first_mark(self) -> None:
        assert NameParts.split("a://b://c/n/x").host == "b://c"

    def test_three_parts_have_one(self) -> None:
        assert ModelName.parse("localhost:5000/n/x").manifest_path == ("localhost:5000", "n", "x", "latest")


class TestSource:
    """The suffix after the last colon says where a model runs."""

    @pytest.mark.parametrize(
        "text", ["x:480b-cloud", "x:480b:cloud", "x:480b:CLOUD", "x:480b: cloud ", "\u2003x:480b-Cloud\n"]
    )
    def test_cloud(self, text: str) -> None:
        ref = ModelRef.parse(text)
        assert (ref.base, ref.source, ref.is_cloud) == ("x:480b", Source.CLOUD, True)
        assert ref.name == ModelName.parse("x:480b")

    @pytest.mark.parametrize("text", ["x:8b:local", "x:8b:LOCAL", " x:8b: local\t"])
    def test_local(self, text: str) -> None:
        ref = ModelRef.parse(text)
        assert (ref.base, ref.source, ref.is_cloud) == ("x:8b", Source.LOCAL, False)
        assert ref.name == ModelName.parse("x:8b")

    @pytest.mark.parametrize(
        "text", ["cloud", "local", "x-cloud", "my-cloud-model", "x:cloudy", "x:8b-local", "h:1/n/x-cloud"]
    )
    def test_neither(self, text: str) -> None:
        ref = ModelRef.parse(text)
        assert (ref.base, ref.source) == (text, Source.UNSPECIFIED)

    @pytest.mark.parametrize(
        "text",
        ["x:cloud:local", "x:local:cloud", "x:cloud:cloud", "x:8b-cloud:local", "x:8b-cloud:cloud", ":local:local"],
    )
    def test_two_are_an_error(self, text: str) -> None:
        for read in (ModelRef.parse, pull_target):
            with pytest.raises(InvalidName, match="two source suffixes"):
                read(text)

    def test_cloud_without_a_tag_has_none(self) -> None:
        assert ModelRef.parse("x:cloud").name == ModelName.parse("x:latest")

    def test_one_alone_names_nothing(self) -> None:
        ref = ModelRef.parse(":cloud")
        assert (ref.base, ref.name, ref.is_cloud) == ("", None, True)

    def test_a_pull_of_a_local_suffix_is_a_pull(self) -> None:
        assert pull_target("x:local") == ModelName.parse("x:latest")


class TestSpace:
    """References are trimmed as Go trims, names are not."""

    @pytest.mark.parametrize("text", [" x", "x ", "x\n", "x:8b\n", "\tx", "x y", "x\xa0"])
    def test_is_refused_in_a_name(self, text: str) -> None:
        with pytest.raises(InvalidName):
            ModelName.parse(text)

    @pytest.mark.parametrize(
        "text", [" x", "x\r\n", "\v\fx\x85", "\xa0x\u1680", "\u2000\u200ax\u2028\u2029\u202f\u205f\u3000"]
    )
    def test_is_trimmed_from_a_reference(self, text: str) -> None:
        assert ModelRef.parse(text).name == ModelName.parse("x")

    @pytest.mark.parametrize("text", ["\x1cx", "x\x1d", "\x1ex", "x\x1f", "\u200bx", "\ufeffx", "x\0"])
    def test_other_invisible_marks_stay(self, text: str) -> None:
        assert ModelRef.parse(text).name is None

    @pytest.mark.parametrize("text", ["", " ", "\n\t"])
    def test_alone_is_an_error(self, text: str) -> None:
        with pytest.raises(InvalidName, match="empty"):
            ModelRef.parse(text)


class TestDigest:
    """There is no digest-pinned name."""

    def test_suffix_is_refused(self) -> None:
        digest = "0" * 64
        for text in (f"m@sha256:{digest}", f"m:8b@sha256:{digest}", f"m:8b@sha256-{digest}"):
            assert ModelRef.parse(text).name is None
            with pytest.raises(InvalidName, match=r"holds '[:@]'"):
                ModelName.parse(text)

    def test_alone_is_a_model_called_sha256(self) -> None:
        name = ModelName.parse("sha256:" + "a" * 64)
        assert (name.model, name.tag) == ("sha256", "a" * 64)


class TestRefusal:
    """The message names the part and the reason, and shows the text safely."""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "the model is missing"),
            ("x:", "the tag is missing"),
            ("/x", "the namespace is missing"),
            ("//x", "the host is missing"),
            ("-x", "the model begins with '-', not with a letter, a digit or _"),
            ("hf.co/x", "the namespace holds '.'; it may hold letters, digits and _ -"),
            ("ll\u0430ma3\u202e", "the model holds '\\u0430'; it may hold letters, digits and _ - ."),
            ("x:\u0668b", "the tag begins with '\\u0668', not with a letter, a digit or _"),
            ("x:8\u212a", "the tag holds '\\u212a'; it may hold letters, digits and _ - ."),
            ("x\x1b[31m", "the model holds '\\x1b'; it may hold letters, digits and _ - ."),
        ],
    )
    def test_says_why(self, text: str, reason: str) -> None:
        with pytest.raises(InvalidName) as refusal:
            ModelName.parse(text)
        assert str(refusal.value).endswith(f" is not a model name: {reason}")

    @pytest.mark.parametrize("kind", PARTS)
    def test_of_a_part_over_its_limit(self, kind: str) -> None:
        most = PARTS[kind][1]
        fields = {"host": "h", "namespace": "n", "model": "m", "tag": "t"}
        assert len(getattr(ModelName(**{**fields, kind: "a" * most}), kind)) == most
        with pytest.raises(InvalidName, match=f"the {kind} is {most + 1} bytes long; it may have {most}"):
            ModelName(**{**fields, kind: "a" * (most + 1)})

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("-" * 60, f"'{'-' * 60}'"),
            ("-" * 61, f"'{'-' * 57}...'"),
            ("\U0001f600" * 61, "'" + ("\\U0001f600" * 6)[:57] + "...'"),
            ("\ud800", "'\\ud800'"),
        ],
    )
    def test_shows_the_text_cut_and_escaped(self, text: str, shown: str) -> None:
        with pytest.raises(InvalidName) as refusal:
            ModelName.parse(text)
        assert str(refusal.value).startswith(f"{shown} is not")

    def test_of_parts_that_no_text_gives(self) -> None:
        with pytest.raises(InvalidName, match="host holds '/'"):
            ModelName("a/..", "etc", "passwd", "x")
        with pytest.raises(msgspec.ValidationError, match="namespace"):
            msgspec.json.decode(b'{"host": "h", "namespace": "..", "model": "m", "tag": "t"}', type=ModelName)

    @pytest.mark.parametrize("read", READERS)
    def test_of_an_endless_text(self, read: Any) -> None:
        with pytest.raises(InvalidName, match="at most 1000"):
            read("x" * (MAX_TEXT + 1))

    @pytest.mark.parametrize("read", READERS)
    @pytest.mark.parametrize("value", [None, b"x", 3, ["x"]])
    def test_of_what_is_no_text(self, read: Callable[[Any], object], value: object) -> None:
        with pytest.raises(TypeError, match="a model name is a text, not "):
            read(value)


class TestProperties:
    """What holds for every text."""

    @given(names)
    def test_canonical_and_shortest_form_are_the_same_name(self, name: ModelName) -> None:
        assert str(ModelName.parse(str(name))) == str(name)
        assert ModelName.parse(str(name)) == ModelName.parse(name.shortest) == name

    @given(names, st.integers(0))
    def test_case_makes_no_other_name(self, name: ModelName, flips: int) -> None:
        text = str(name)
        flipped = ModelName.parse("".join(c.swapcase() if flips >> i & 1 else c for i, c in enumerate(text)))
        assert name == flipped == name
        assert not name != flipped  # noqa: SIM202
        assert hash(name) == hash(flipped)

    @given(part("namespace"), part("model"), part("tag"))
    def test_defaults_may_be_spelled_out(self, namespace: str, model: str, tag: str) -> None:
        assert ModelName.parse(model) == ModelName.parse(f"registry.ollama.ai/library/{model}:latest")
        assert ModelName.parse(f"{model}:{tag}") == ModelName.parse(f"registry.ollama.ai/library/{model}:{tag}")
        full = f"registry.ollama.ai/{namespace}/{model}:latest"
        assert ModelName.parse(f"{namespace}/{model}") == ModelName.parse(full)

    @given(hostile)
    def test_any_text_is_a_safe_name_or_refused(self, text: str) -> None:
        try:
            name = ModelName.parse(text)
        except InvalidName as refusal:
            assert str(refusal).isascii()
            assert str(refusal).isprintable()
            assert len(str(refusal)) < 200
        else:
            assert text.isascii()
            assert not any(step.startswith(".") or "/" in step or "\\" in step for step in name.manifest_path)

    @given(hostile)
    def test_any_text_is_a_reference_or_refused(self, text: str) -> None:
        try:
            ref = ModelRef.parse(text)
        except InvalidName:
            return
        assert ModelRef.parse(f"\n{text} ") == ref
        if ref.name is not None:
            assert ModelRef.parse(ref.base) == ModelRef(ref.base, Source.UNSPECIFIED, ref.name)

    @given(hostile)
    def test_any_text_can_be_pulled_or_is_refused(self, text: str) -> None:
        try:
            target = pull_target(text)
        except InvalidName:
            return
        ref = ModelRef.parse(text)
        assert ref.name is not None
        assert ModelRef.parse(str(target)).is_cloud is ref.is_cloud
