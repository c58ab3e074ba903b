"""Digests verified: every blob is hashed, a mismatch names its models, and an interruption leaves at once."""

import os
import threading
import time
from pathlib import Path

import pytest
from shop import TEMPLATE, WEIGHTS, Shop

from modelcheck.core.gap import Gap, Why
from modelcheck.core.stores import Mismatch, VerifiedStore
from modelcheck.probes import folders
from modelcheck.probes.folders import Folder
from modelcheck.probes.store import digests
from modelcheck.probes.store.digests import verify


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path.resolve() / "store")


def run(*shops: Shop, threads: int | None = None) -> tuple[VerifiedStore, ...]:
    return verify(
        [Folder(shop.root, f"~/{shop.root.name}") for shop in shops], lambda _done, _total: None, threads=threads
    )


def spoil(path: Path) -> str:
    """Change one byte of a blob, its size unchanged."""
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    return path.name.removeprefix("sha256-")


def test_a_store_where_all_is_well_has_no_mismatch(shop: Shop) -> None:
    shop.model(layers=(("model", WEIGHTS), ("template", TEMPLATE)))
    (found,) = run(shop)
    size = sum(path.stat().st_size for path in (shop.root / "blobs").iterdir())

    assert found == VerifiedStore("~/store", blobs=3, size=size, mismatches=(), doubts=())


@pytest.mark.parametrize("threads", [1, 4])
def test_each_blob_that_differs_is_named_with_the_models_that_need_it(shop: Shop, threads: int) -> None:
    manifest = shop.named("a", layers=(("model", WEIGHTS), ("template", TEMPLATE)))
    shop.named("b", layers=(("model", WEIGHTS),))
    weights = spoil(shop.path(manifest["layers"][0]["digest"]))
    template = spoil(shop.path(manifest["layers"][1]["digest"]))
    (found,) = run(shop, threads=threads)

    assert found.mismatches == tuple(
        sorted(
            (Mismatch(weights, ("a:latest", "b:latest")), Mismatch(template, ("a:latest",))), key=lambda one: one.digest
        )
    )


def test_a_blob_that_no_model_needs_is_verified_as_well(shop: Shop) -> None:
    shop.left("sha256-" + "a" * 64)

    assert run(shop)[0].mismatches == (Mismatch("a" * 64, ()),)


def test_what_is_no_blob_is_not_hashed(shop: Shop) -> None:
    shop.left("sha256-" + "a" * 64 + "-partial")
    shop.left("COPY123")

    assert run(shop)[0].blobs == 0


def test_a_blob_larger_than_one_chunk_is_read_to_its_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "CHUNK", 1000)
    layer = shop.blob(bytes(range(256)) * 100)
    assert run(shop)[0].mismatches == ()

    path = shop.path(layer["digest"])
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert len(run(shop)[0].mismatches) == 1


def test_two_stores_with_the_same_blob_are_told_apart(tmp_path: Path) -> None:
    well, ill = Shop(tmp_path.resolve() / "well"), Shop(tmp_path.resolve() / "ill")
    for shop in (well, ill):
        shop.named("a")
    spoil(ill.path(ill.named("a")["layers"][0]["digest"]))

    assert [len(found.mismatches) for found in run(well, ill)] == [0, 1]


def test_a_blob_behind_a_link_out_of_the_store_is_not_hashed(shop: Shop) -> None:
    outside = shop.root.parent / "outside"
    outside.write_bytes(b"secret")
    try:
        (shop.root / "blobs" / f"sha256-{'a' * 64}").symlink_to(outside)
    except OSError:
        pytest.skip("no symlinks may be made here")
    (found,) = run(shop)

    assert (found.blobs, found.mismatches) == (0, ())
    assert found.doubts == (Gap(Why.NOT_TRUSTED, about="a link out of the folder", hint="--models-dir FOLDER"),)


def test_a_blob_that_a_cloud_drive_holds_is_not_fetched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def recalled(_: os.stat_result) -> bool:
        return True

    shop.left("sha256-" + "a" * 64)
    monkeypatch.setattr(folders, "is_recalled", recalled)
    (found,) = run(shop)

    assert (found.blobs, found.doubts) == (0, (Gap(Why.UNREADABLE, about="sha256-aaaaaaaaaaaa"),))


def test_a_blob_that_cannot_be_read_is_in_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str, flags: int) -> int:
        raise PermissionError(path, flags)

    shop.left("sha256-" + "a" * 64)
    monkeypatch.setattr(digests, "_open", refused)
    (found,) = run(shop)

    assert (found.mismatches, found.doubts) == ((), (Gap(Why.UNREADABLE, about="sha256-aaaaaaaaaaaa"),))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_what_has_become_a_pipe_meanwhile_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = shop.root / "pipe"
    os.mkfifo(pipe)
    shop.left("sha256-" + "a" * 64)

    def swapped(_: str, flags: int) -> int:
        return os.open(pipe, flags | os.O_NONBLOCK)

    monkeypatch.setattr(digests, "_open", swapped)

    assert len(run(shop)[0].doubts) == 1


def test_a_blob_that_grows_meanwhile_is_read_no_further_than_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "CHUNK", 100)
    path = shop.path(shop.blob(b"x" * 1000)["digest"])
    done: list[int] = []
    plain = digests._open

    def growing(name: str, flags: int) -> int:
        with path.open("ab") as file:
            file.write(b"y" * 1_000_000)
        return plain(name, flags)

    monkeypatch.setattr(digests, "_open", growing)
    (found,) = verify([Folder(shop.root, "")], lambda so_far, _: done.append(so_far))

    assert len(found.mismatches) == 1
    assert done[-1] <= 1200


def test_progress_is_told_in_bytes_of_all_blobs(shop: Shop) -> None:
    shop.model()
    told: list[tuple[int, int]] = []
    (found,) = verify([Folder(shop.root, "")], lambda done, total: told.append((done, total)))

    assert told[-1] == (found.size, found.size)


def test_an_interruption_ends_every_thread(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C reaches the thread that waits; the others see it at their next chunk."""
    monkeypatch.setattr(digests, "WATCHED_S", 0.001)
    monkeypatch.setattr(digests, "CHUNK", 10)
    for digit in "abcd":
        path = shop.left("sha256-" + digit * 64)
        os.truncate(path, 1 << 30)
    before = set(threading.enumerate())

    def interrupted(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify([Folder(shop.root, "")], interrupted, threads=3)
    workers = set(threading.enumerate()) - before
    until = time.monotonic() + 30
    for worker in workers:
        worker.join(max(0, until - time.monotonic()))

    assert not any(worker.is_alive() for worker in workers)


def test_without_a_folder_of_blobs_nothing_is_claimed(shop: Shop) -> None:
    (shop.root / "blobs").rmdir()

    assert run(shop)[0].doubts == (Gap(Why.NOT_THERE, about="~/store"),)
