"""A store on disk: what its manifests and configs say, what its blobs prove, and what serves no model."""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import HOST, LLAMA, NAMESPACE, STUB, TEMPLATE, WEIGHTS, Shop

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import Fault, Leftovers, Store
from modelcheck.probes import folders
from modelcheck.probes.folders import Children, Folder
from modelcheck.probes.store import blobs, contents, manifests
from modelcheck.probes.store.contents import read_store

EMPTY = hashlib.sha256(b"").hexdigest()


def read(shop: Shop, *, until: float = 60.0) -> Store:
    return read_store(Folder(shop.root, "~/store"), time.monotonic() + until)


def entry(shop: Shop) -> Entry:
    (found,) = read(shop).entries
    return found


def names(shop: Shop) -> list[str]:
    return [found.name for found in read(shop).entries]


def faults(shop: Shop) -> list[Fault]:
    return [flaw.fault for flaw in read(shop).flaws]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path.resolve() / "store")


def test_a_model_is_described_by_its_manifest_config_and_blobs(shop: Shop) -> None:
    layers = (("model", WEIGHTS), ("template", TEMPLATE), ("license", b"MIT"))
    manifest = shop.model(layers=layers)
    raw = shop.root.joinpath("manifests", HOST, NAMESPACE, "llama3", "8b").read_bytes()

    assert entry(shop) == Entry(
        name="llama3:8b",
        size=sum(len(data) for _, data in layers) + manifest["config"]["size"],
        digest=hashlib.sha256(raw).hexdigest(),
        remote=False,
        family="llama",
        parameters="8.0B",
        quantisation="Q4_K_M",
        whole=True,
        template=hashlib.sha256(TEMPLATE).hexdigest(),
        licence=hashlib.sha256(b"MIT").hexdigest(),
        format="gguf",
    )


def test_a_store_where_all_is_well_has_nothing_unseen(shop: Shop) -> None:
    shop.model()
    store = read(shop)

    assert (store.root, store.flaws, store.doubt, store.unreadable, store.misplaced) == ("~/store", (), None, 0, 0)
    assert store.dangling == store.partial == Leftovers(0, 0)
    assert isinstance(store.free, int)
    assert store.free > 0


def test_a_model_without_template_and_licence_has_none_for_certain(shop: Shop) -> None:
    shop.model()

    assert (entry(shop).template, entry(shop).licence) == ("", "")


def test_several_licences_have_one_digest_together(shop: Shop) -> None:
    shop.model(layers=(("license", b"one"), ("license", b"two")))
    together = entry(shop).licence
    shop.model(layers=(("license", b"one"), ("license", b"three")))

    assert isinstance(together, str)
    assert len(together) == 64
    assert entry(shop).licence != together


def test_a_licence_whose_digest_is_none_is_a_gap(shop: Shop) -> None:
    manifest = shop.model(layers=(("license", b"one"),))
    manifest["layers"][0]["digest"] = "../../secret"
    shop.manifest(manifest)

    assert entry(shop).licence == Gap(Why.UNREADABLE, about="digest")


def test_names_are_as_ollama_shows_them_and_in_order(shop: Shop) -> None:
    shop.named("zephyr")
    shop.model("hf.co", "bartowski", "Llama-3.2-1B-GGUF", "Q4_K_M")
    shop.model(HOST, "mannix", "llama3", "8b")

    assert names(shop) == ["hf.co/bartowski/Llama-3.2-1B-GGUF:Q4_K_M", "zephyr:latest", "mannix/llama3:8b"]


@pytest.mark.parametrize(
    "steps",
    [
        (HOST, NAMESPACE, "llama3"),
        (HOST, NAMESPACE, "llama3", "8b", "deeper"),
        (HOST, "lib.rary", "llama3", "8b"),
        (HOST, NAMESPACE, "llama3", "x" * 81),
    ],
)
def test_what_is_at_no_place_of_a_manifest_is_no_model_and_is_counted(shop: Shop, steps: tuple[str, ...]) -> None:
    shop.model(*steps)

    assert (names(shop), read(shop).misplaced, read(shop).unreadable) == ([], 1, 0)


def test_what_a_system_hides_among_the_manifests_is_not_worth_a_word(shop: Shop) -> None:
    shop.model(HOST, NAMESPACE, "llama3", ".DS_Store")
    shop.model(".hidden", NAMESPACE, "llama3", "8b")
    (shop.root / "manifests" / ".DS_Store").write_bytes(b"")

    assert (names(shop), read(shop).misplaced) == ([], 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"layers": [], "layers": []}',
        b'{"layers": {}}',
        b'{"layers": [{"size": -1}]}',
        b'{"layers": [{"size": 1e3}]}',
        b'{"layers": [{"size": 99999999999999999999}]}',
        b'{"layers": [{"digest": 5}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_manifest_that_is_none_is_left_out_and_counted(shop: Shop, data: bytes) -> None:
    shop.manifest(data)
    shop.left("sha256-" + "a" * 64)
    store = read(shop)

    assert (store.entries, store.unreadable, store.doubt) == ((), 1, None)
    assert store.dangling == Gap(Why.UNDECIDED, about="blobs that no readable manifest names")


def test_a_manifest_that_is_too_large_to_read_is_in_doubt(shop: Shop) -> None:
    shop.manifest(b" " * manifests.MOST_BYTES + b"{}")
    store = read(shop)

    assert (store.entries, store.unreadable) == ((), 0)
    assert store.doubt == store.dangling == Gap(Why.UNREADABLE, about="manifests")


def test_one_bad_manifest_does_not_hide_the_others(shop: Shop) -> None:
    shop.manifest(b"{", HOST, NAMESPACE, "a", "latest")
    shop.named("b")

    assert names(shop) == ["b:latest"]


def test_a_stub_is_remote_and_whole(shop: Shop) -> None:
    shop.model(config=STUB, layers=())

    assert (entry(shop).remote, entry(shop).whole, faults(shop)) == (True, True, [])
    assert entry(shop).family == NOT_RECORDED


@pytest.mark.parametrize("config", [{"remote_host": "https://x.example"}, {"remote_model": "m"}])
def test_one_half_of_a_remote_is_remote_enough(shop: Shop, config: dict[str, str]) -> None:
    shop.model(config=config, layers=())

    assert entry(shop).remote is True


def test_weights_beside_a_remote_host_do_not_make_it_local(shop: Shop) -> None:
    """The server decides by the config alone."""
    shop.model(config=LLAMA | STUB)

    assert entry(shop).remote is True


@pytest.mark.parametrize("config", [{}, {"remote_host": "", "remote_model": ""}, {"remote_host": None}])
def test_an_empty_remote_is_none(shop: Shop, config: dict[str, Any]) -> None:
    shop.model(config=config)

    assert entry(shop).remote is False


@pytest.mark.parametrize(
    "config", [b"{", b"[]", b'{"model_family": 5}', b'{"a": 1, "a": 2}', b" " * manifests.MOST_BYTES + b"{}"]
)
def test_a_config_that_cannot_be_read_leaves_gaps_and_no_guess(shop: Shop, config: bytes) -> None:
    shop.manifest({"config": shop.blob(config), "layers": [shop.blob(WEIGHTS, "model")]})
    found = entry(shop)
    gap = Gap(Why.UNREADABLE, about="config")

    assert found.remote == found.family == found.parameters == found.quantisation == found.format == gap
    assert found.whole is True


def test_a_config_that_is_not_there_makes_a_model_incomplete(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["config"]["digest"]).unlink()

    assert (entry(shop).remote, entry(shop).whole) == (Gap(Why.NOT_THERE, about="config"), False)


def test_a_manifest_without_a_config_is_listed_with_gaps(shop: Shop) -> None:
    shop.manifest({"layers": None})
    found = entry(shop)

    assert (found.size, found.whole, found.remote) == (0, True, Gap(Why.NOT_RECORDED, about="config"))


def test_texts_of_a_config_are_made_printable(shop: Shop) -> None:
    shop.model(config={"model_family": "lla\x1b[2Jma\u202e", "model_type": "B" * 5000})
    found = entry(shop)

    assert found.family == "lla�[2Jma�"
    assert isinstance(found.parameters, str)
    assert len(found.parameters) <= 120


def test_missing_weights_are_named(shop: Shop) -> None:
    manifest = shop.model()
    digest = manifest["layers"][0]["digest"]
    shop.path(digest).unlink()
    (flaw,) = read(shop).flaws

    assert entry(shop).whole is False
    assert (flaw.model, flaw.fault, flaw.blob) == ("llama3:8b", Fault.MISSING, digest[7:19])


def test_short_weights_are_named(shop: Shop) -> None:
    manifest = shop.model()
    shop.path(manifest["layers"][0]["digest"]).write_bytes(b"GGU")

    assert (entry(shop).whole, faults(shop)) == (False, [Fault.SHORT])


def test_weights_that_are_still_being_pulled_are_not_there(shop: Shop) -> None:
    """Ollama gives the part its full size from the start."""
    manifest = shop.model()
    path = shop.path(manifest["layers"][0]["digest"])
    path.rename(path.with_name(f"{path.name}-partial"))

    assert (entry(shop).whole, faults(shop)) == (False, [Fault.MISSING])


def test_a_folder_in_the_place_of_a_blob_is_none(shop: Shop) -> None:
    manifest = shop.model()
    path = shop.path(manifest["layers"][0]["digest"])
    path.unlink()
    path.mkdir()
    manifest["layers"][0]["size"] = path.stat().st_size
    shop.manifest(manifest)

    assert (entry(shop).whole, faults(shop)) == (False, [Fault.MISSING])


@pytest.mark.parametrize("form", ["sha256:{}", "sha256-{}"])
def test_both_ways_to_write_a_digest_name_the_same_blob(shop: Shop, form: str) -> None:
    manifest = shop.model()
    for layer in (manifest["config"], *manifest["layers"]):
        layer["digest"] = form.format(layer["digest"].removeprefix("sha256:"))
    shop.manifest(manifest)

    assert (entry(shop).whole, entry(shop).family) == (True, "llama")


@pytest.mark.parametrize(
    "digest",
    [
        "../../secret",
        "sha256-../../secret",
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 64 + "\n",
        "sha256:" + "0" * 64 + "/../../../secret",
        "sha256:" + "\N{ARABIC-INDIC DIGIT ZERO}" * 64,
        "sha512:" + "0" * 64,
        "/etc/passwd",
        "C:\\secret",
        "",
    ],
)
def test_what_is_no_digest_names_no_file(shop: Shop, digest: str) -> None:
    (shop.root.parent / "secret").write_bytes(b'{"model_family": "secret"}')
    shop.manifest({"config": {"digest": digest, "size": 26}, "layers": [{"digest": digest, "size": 26}]})

    assert (entry(shop).family, entry(shop).whole) == (Gap(Why.NOT_RECORDED, about="config"), False)


def test_a_blob_that_is_a_link_out_of_the_store_proves_nothing(shop: Shop) -> None:
    manifest = shop.model()
    outside = shop.root.parent / "outside"
    for layer in (manifest["config"], *manifest["layers"]):
        path = shop.path(layer["digest"])
        outside.write_bytes(path.read_bytes())
        path.unlink()
        try:
            path.symlink_to(outside)
        except OSError:
            pytest.skip("no symlinks may be made here")
    doubt = Gap(Why.UNREADABLE, about="blobs")

    assert (entry(shop).whole, entry(shop).family) == (doubt, Gap(Why.UNREADABLE, about="config"))
    assert (read(shop).doubt, faults(shop)) == (doubt, [])
    manifest["layers"].append({"digest": "sha256:" + "0" * 64, "size": 1})
    shop.manifest(manifest)
    assert (entry(shop).whole, faults(shop)) == (False, [Fault.MISSING])


def test_weights_that_a_cloud_drive_holds_are_not_here(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def recalled(info: os.stat_result) -> bool:
        return info.st_size == len(WEIGHTS)

    shop.model()
    monkeypatch.setattr(blobs, "is_recalled", recalled)

    assert entry(shop).whole is False


@pytest.mark.parametrize("data", [b"", b"GGU", b"<!doctype html>", bytes(64)])
def test_weights_that_do_not_begin_as_gguf_are_named(shop: Shop, data: bytes) -> None:
    shop.model(layers=(("model", data),))

    assert (entry(shop).whole, faults(shop)) == (True, [Fault.NO_GGUF])


@pytest.mark.parametrize("data", [WEIGHTS, b"FUGG", b"GGUF" + bytes(100_000)])
def test_weights_of_either_byte_order_begin_as_gguf(shop: Shop, data: bytes) -> None:
    shop.model(layers=(("model", data), ("projector", b"anything"), ("params", b"{}")))

    assert faults(shop) == []


def test_an_empty_template_is_named(shop: Shop) -> None:
    shop.model(layers=(("model", WEIGHTS), ("template", b"")))
    (flaw,) = read(shop).flaws

    assert (flaw.fault, flaw.blob) == (Fault.EMPTY_TEMPLATE, EMPTY[:12])


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id') }}",
        "{% set x = os.system('id') %}",
        "{{ subprocess.run(['id']) }}",
        "be kind\u202e",
        "hidden \U000e0041\U000e0042",
    ],
)
def test_a_template_that_reaches_for_code_or_hides_text_is_named(shop: Shop, text: str) -> None:
    shop.model(layers=(("template", text.encode()),))

    assert faults(shop) == [Fault.ODD_TEMPLATE]


@pytest.mark.parametrize(
    "text",
    [
        "{{ .Prompt }}",
        '{{- range $i, $_ := .Messages }}{{ if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>{{ end }}',
        "<\uff5cbegin▁of▁sentence\uff5c>{{ .System }} You may call python: eval(x), exec(y), import os.",
        "fran\u00e7ais, \u05e2\u05d1\u05e8\u05d9\u05ea, a\u200db \ufeff",
        "\ufffd broken",
    ],
)
def test_what_templates_usually_hold_is_not_odd(shop: Shop, text: str) -> None:
    shop.model(layers=(("template", text.encode() + b"\xff"),))

    assert faults(shop) == []


def test_a_model_whose_first_bytes_cannot_be_read_is_in_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Folder, path: Path, count: int) -> bytes:
        raise PermissionError(path.name, count)

    shop.model()
    monkeypatch.setattr(Folder, "head", refused)

    assert (read(shop).doubt, faults(shop)) == (Gap(Why.UNREADABLE, about="blobs"), [])


def test_the_number_of_flaws_is_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_FLAWS", 2)
    for tag in "abc":
        shop.named("m", tag, layers=(("model", b"none"),))

    assert len(read(shop).flaws) == 2


def test_what_no_manifest_names_is_dangling_after_an_hour(shop: Shop) -> None:
    manifest = shop.model()
    used = shop.path(manifest["layers"][0]["digest"])
    os.utime(used, (0, 0))
    shop.left("sha256-" + "a" * 64, b"x" * 5000)
    shop.left("sha256-" + "B" * 64, b"x" * 3000)
    shop.left("sha256-" + "c" * 64, age_s=60)
    store = read(shop)

    assert isinstance(store.dangling, Leftovers)
    assert store.dangling.count == 2
    assert 0 < store.dangling.size <= 8000
    assert store.partial == Leftovers(0, 0)


def test_digits_are_told_in_one_spelling() -> None:
    assert blobs.digits("sha256:" + "A1" * 32) == blobs.digits("sha256-" + "a1" * 32) == "a1" * 32
    assert blobs.digits("sha512:" + "a1" * 32) is None


def test_a_digest_in_other_letters_is_the_same_blob(shop: Shop) -> None:
    manifest = shop.model()
    for layer in (manifest["config"], *manifest["layers"]):
        old = shop.path(layer["digest"])
        layer["digest"] = "sha256:" + layer["digest"].removeprefix("sha256:").upper()
        old.rename(shop.path(layer["digest"]))
        os.utime(shop.path(layer["digest"]), (0, 0))
    shop.manifest(manifest)

    assert (entry(shop).whole, read(shop).dangling) == (True, Leftovers(0, 0))


@pytest.mark.parametrize(
    "names_",
    [
        ("sha256-{}-partial", "sha256-{}-partial-0", "sha256-{}-partial-12"),
        ("sha256-{}.tmp",),
        ("sha256-1373108743",),
        ("COPY1373108743",),
    ],
)
def test_the_files_of_one_download_that_never_ended_are_one(shop: Shop, names_: tuple[str, ...]) -> None:
    for name in names_:
        shop.left(name.format("a" * 64))
    store = read(shop)

    assert isinstance(store.partial, Leftovers)
    assert store.partial.count == 1
    assert store.dangling == Leftovers(0, 0)


def test_a_download_that_something_still_writes_to_is_none_that_never_ended(shop: Shop) -> None:
    shop.left("sha256-" + "a" * 64 + "-partial")
    shop.left("sha256-" + "a" * 64 + "-partial-0", age_s=5)

    assert read(shop).partial == Leftovers(0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="holes are counted where the system tells them")
def test_of_a_download_the_bytes_count_that_it_really_takes(shop: Shop) -> None:
    path = shop.left("sha256-" + "a" * 64 + "-partial")
    os.truncate(path, 1 << 30)
    os.utime(path, (0, 0))
    store = read(shop)

    assert isinstance(store.partial, Leftovers)
    assert store.partial.size < 1 << 20


def test_where_the_system_tells_no_blocks_the_length_counts() -> None:
    assert folders.bytes_used(cast("os.stat_result", SimpleNamespace(st_size=7))) == 7
    assert folders.bytes_used(cast("os.stat_result", SimpleNamespace(st_size=7, st_blocks=8))) == 7
    assert folders.bytes_used(cast("os.stat_result", SimpleNamespace(st_size=7000, st_blocks=8))) == 4096


def test_a_store_without_a_folder_of_blobs_has_nothing_left_over(shop: Shop) -> None:
    (shop.root / "blobs").rmdir()
    store = read(shop)

    assert store.dangling == store.partial == Leftovers(0, 0)


def test_more_blobs_than_are_looked_at_leave_leftovers_open(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_CHILDREN", 2)
    for digit in "abc":
        shop.left("sha256-" + digit * 64)
    store = read(shop)

    assert store.dangling == store.partial == Gap(Why.TOO_MUCH, about="2 names in a folder")


def test_a_blob_that_vanishes_while_it_is_looked_at_is_not_left_over(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(folder: Folder, path: Path) -> os.stat_result:
        if path.name.endswith("a" * 64):
            raise FileNotFoundError(path.name)
        return look(folder, path)

    look = Folder.look
    shop.left("sha256-" + "a" * 64)
    monkeypatch.setattr(Folder, "look", gone)

    assert read(shop).dangling == Leftovers(0, 0)


def test_free_space_that_the_system_does_not_tell_is_a_gap(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise OSError(path.name)

    monkeypatch.setattr("shutil.disk_usage", refused)

    assert read(shop).free == Gap(Why.UNREADABLE, about="free space")


def test_the_number_of_manifests_is_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MOST_MANIFESTS", 2)
    for tag in "abc":
        shop.named("m", tag)

    assert names(shop) == ["m:a", "m:b"]
    assert read(shop).doubt == Gap(Why.TOO_MUCH, about="2 manifests")


def test_the_bytes_of_all_manifests_are_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for tag in "abc":
        shop.named("m", tag)
    size = shop.root.joinpath("manifests", HOST, NAMESPACE, "m", "a").stat().st_size
    monkeypatch.setattr(manifests, "MOST_BYTES_TOGETHER", 2 * size)

    assert names(shop) == ["m:a", "m:b"]
    assert isinstance(read(shop).dangling, Gap)


def test_where_time_is_up_the_rest_is_in_doubt(shop: Shop) -> None:
    shop.model()
    store = read(shop, until=-1)

    assert (store.entries, store.doubt) == ((), Gap(Why.TOO_MUCH, about="0 manifests"))


def test_a_maze_of_empty_folders_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Folder.listed

    def counted(folder: Folder, path: Path) -> Children:
        nonlocal looks
        looks += 1
        return look(folder, path)

    monkeypatch.setattr(Folder, "listed", counted)
    monkeypatch.setattr(manifests, "MOST_LOOKS", 10)
    for number in range(30):
        (shop.root / "manifests" / f"host{number}" / "namespace" / "model").mkdir(parents=True)

    assert read(shop).doubt == Gap(Why.TOO_MUCH, about="10 names")
    assert looks <= 11


def test_a_manifest_that_vanishes_before_it_is_read_is_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: Folder, path: Path, limit: int) -> bytes:
        raise FileNotFoundError(path.name, limit)

    shop.model()
    monkeypatch.setattr(Folder, "read", gone)

    assert (read(shop).entries, read(shop).doubt) == ((), None)


def test_manifests_behind_a_link_out_of_the_store_are_in_doubt(shop: Shop) -> None:
    other = Shop(shop.root.parent / "other")
    other.model()
    try:
        (shop.root / "manifests" / HOST).symlink_to(other.root / "manifests" / HOST, target_is_directory=True)
    except OSError:
        pytest.skip("no symlinks may be made here")
    store = read(shop)

    assert store.entries == ()
    assert store.doubt == Gap(Why.NOT_TRUSTED, about="a link out of the folder", hint="--models-dir FOLDER")


@pytest.mark.skipif(sys.platform == "win32", reason="names of bytes")
def test_a_name_that_is_no_text_is_no_model(shop: Shop) -> None:
    try:
        shop.model(HOST, NAMESPACE, "llama3", "\udcff")
    except OSError:
        pytest.skip("this file system takes texts alone")

    assert names(shop) == []


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["config", "layers", "digest", "size", "mediaType"]), inner, max_size=4)
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_manifest_does_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.manifest(data)

    for found in read(shop).entries:
        assert isinstance(found.size, int)
        assert found.size >= 0
