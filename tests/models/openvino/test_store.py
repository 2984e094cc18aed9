"""Converted checkpoints appear whole or not at all, and are found again only by what they were made from."""

import os
import time
from dataclasses import replace
from pathlib import Path

from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.openvino.store import (
    ABANDONED_S,
    UNUSED_S,
    Files,
    Manifest,
    begin,
    finish,
    folder_of,
    mark_used,
    read_manifest,
    write_manifest,
)

MANIFEST = Manifest("bf16", "faster", "f32", "it writes faster", "int8", "a test says so", 0.999, 0.998)


def test_a_folder_is_of_one_checkpoint_revision_and_version(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, "owner/name", "a" * 40)
    names = {
        folder_of(tmp_path, checkpoint, "1"),
        folder_of(tmp_path, checkpoint, "2"),
        folder_of(tmp_path, replace(checkpoint, revision="b" * 40), "1"),
        folder_of(tmp_path, replace(checkpoint, id="owner/other"), "1"),
    }
    assert len(names) == 4
    assert all(name.parent == tmp_path and name.name.startswith("owner-") for name in names)
    assert folder_of(tmp_path, checkpoint, "1") in names


def test_a_changed_local_checkpoint_is_another_one(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"1")
    checkpoint = Checkpoint(tmp_path, "mine", None)
    before = folder_of(tmp_path, checkpoint, "1")
    assert folder_of(tmp_path, checkpoint, "1") == before
    os.utime(weights, (1, 1))
    assert folder_of(tmp_path, checkpoint, "1") != before


def test_what_is_finished_is_found(tmp_path: Path) -> None:
    final = tmp_path / "final"
    assert read_manifest(final) is None
    partial = begin(tmp_path)
    write_manifest(partial, MANIFEST)
    finish(partial, final)
    assert read_manifest(final) == MANIFEST
    assert not partial.exists()


def test_the_first_of_two_stays(tmp_path: Path) -> None:
    final = tmp_path / "final"
    for reason in ("first", "second"):
        partial = begin(tmp_path)
        write_manifest(partial, replace(MANIFEST, vision_reason=reason))
        finish(partial, final)
        assert not partial.exists()
    found = read_manifest(final)
    assert found is not None
    assert found.vision_reason == "first"


def test_rubbish_gives_way(tmp_path: Path) -> None:
    final = tmp_path / "final"
    final.mkdir()
    for text in ("{", "[]", '{"vision": "int8"}'):
        Files(final).manifest.write_text(text)
        assert read_manifest(final) is None
    partial = begin(tmp_path)
    write_manifest(partial, MANIFEST)
    finish(partial, final)
    assert read_manifest(final) == MANIFEST


def test_conversions_that_were_killed_are_swept(tmp_path: Path) -> None:
    killed, running = begin(tmp_path), begin(tmp_path)
    long_ago = time.time() - ABANDONED_S - 1
    os.utime(killed, (long_ago, long_ago))
    begin(tmp_path)
    assert not killed.exists()
    assert running.exists()


def test_what_nothing_loads_any_more_is_swept(tmp_path: Path) -> None:
    superseded, used = tmp_path / "superseded", tmp_path / "used"
    long_ago = time.time() - UNUSED_S - 1
    for folder in (superseded, used):
        folder.mkdir()
        write_manifest(folder, MANIFEST)
        os.utime(Files(folder).manifest, (long_ago, long_ago))
    mark_used(used)
    begin(tmp_path)
    assert not superseded.exists()
    assert read_manifest(used) == MANIFEST


def test_a_folder_that_is_not_ours_to_change_can_be_used(tmp_path: Path) -> None:
    mark_used(tmp_path / "gone")
