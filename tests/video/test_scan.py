"""``scan`` reads pictures and sound in one pass, whatever is wrong with the file."""

import dataclasses
import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Frame, Span
from smolvlm_core.errors import Cancelled, Undecodable
from smolvlm_core.video.scan import ScanEnd, ScanItem, ScanOptions, scan
from smolvlm_core.video.sound import AudioBlock
from tests.clips import (
    ClipSpec,
    calm,
    corners,
    in_turn,
    read_time_code,
    time_code,
    tone,
    write_clip,
    write_damaged,
    write_truncated,
)

SAMPLE_HZ = ScanOptions().sample_hz


def frames_of(items: Sequence[ScanItem]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


def end_of(items: Sequence[ScanItem]) -> ScanEnd:
    assert isinstance(items[-1], ScanEnd)
    return items[-1]


def loud_times_s(items: Sequence[ScanItem], rate_hz: int = 16_000) -> list[float]:
    """Times of samples in loud stretches of 10 ms."""
    found: list[float] = []
    for item in items:
        if isinstance(item, AudioBlock):
            parts = item.pcm[: item.pcm.size // 160 * 160].reshape(-1, 160)
            loud = np.flatnonzero(np.abs(parts).max(1, initial=0) > 0.3)
            found += [item.time_s + index * 160 / rate_hz for index in loud]
    return found


def test_rate_is_capped_by_time(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(duration_s=4.0, fps=Fraction(30), picture=time_code))
    frames = frames_of(list(scan(path)))
    assert len(frames) == 4 * SAMPLE_HZ
    gaps_s = np.diff([frame.time_s for frame in frames])
    assert gaps_s.min() > 0.09
    assert gaps_s.max() < 0.18


def test_high_rates_are_skimmed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(fps=Fraction(240), picture=time_code))
    items = list(scan(path))
    assert len(frames_of(items)) == pytest.approx(2 * SAMPLE_HZ, abs=1)
    assert end_of(items).frames < 480
    assert end_of(items).duration_s == pytest.approx(2.0, abs=0.01)
    assert end_of(items).warnings == ()


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("a.mp4", ClipSpec()),
        ("late.mkv", ClipSpec(start_s=3.0)),
        ("a.ts", ClipSpec()),
        ("hevc.mp4", ClipSpec(codec="libx265")),
    ],
)
def test_pictures_that_no_sample_needs_are_not_decoded(name: str, spec: ClipSpec, tmp_path: Path) -> None:
    spec = dataclasses.replace(spec, picture=time_code, duration_s=4.0, fps=Fraction(25))
    items = list(scan(write_clip(tmp_path / name, spec)))
    due_s = [ceil(index / SAMPLE_HZ * 25 - 1e-6) / 25 for index in range(round(4 * SAMPLE_HZ))]
    assert [frame.time_s for frame in frames_of(items)] == pytest.approx(due_s, abs=0.001)
    assert [read_time_code(frame.rgb) for frame in frames_of(items)] == pytest.approx(due_s, abs=0.01)
    assert end_of(items).frames < 90
    assert end_of(items).duration_s == pytest.approx(4.0, abs=0.01)
    assert end_of(items).warnings == ()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 360), (90, 160)), ((360, 640), (160, 90)), ((64, 64), (64, 64)), ((2, 2), (16, 16))],
)
def test_pictures_are_small_and_keep_their_shape(
    size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    spec = ClipSpec(width=size[0], height=size[1], duration_s=0.2, codec="ffv1")
    frames = frames_of(list(scan(write_clip(tmp_path / "a.mkv", spec))))
    assert frames[0].rgb.shape == (*expected, 3)


SOUNDS = {
    "a.mp4": ClipSpec(sound=tone(Span(1.0, 1.5))),
    "late.mp4": ClipSpec(sound=tone(Span(1.0, 1.5)), start_s=3.0),
    "late.mkv": ClipSpec(sound=tone(Span(1.0, 1.5)), start_s=3.0),
    "a.webm": ClipSpec(sound=tone(Span(1.0, 1.5)), codec="libvpx", audio_codec="libopus"),
    "a.ts": ClipSpec(sound=tone(Span(1.0, 1.5)), audio_codec="mp2"),
    "a.avi": ClipSpec(sound=tone(Span(1.0, 1.5)), codec="mjpeg", pix_fmt="yuvj420p", audio_codec="pcm_s16le"),
    "a.wmv": ClipSpec(sound=tone(Span(1.0, 1.5)), codec="wmv2", audio_codec="wmav2"),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_is_on_the_clock_of_the_pictures(name: str, tmp_path: Path) -> None:
    items = list(scan(write_clip(tmp_path / name, SOUNDS[name])))
    blocks = [item for item in items if isinstance(item, AudioBlock)]
    assert sum(block.pcm.size for block in blocks) / 16_000 == pytest.approx(2.0, abs=0.12)
    assert len(blocks) <= 8
    assert blocks[0].time_s >= 0.0
    for before, after in pairwise(blocks):
        assert after.time_s == pytest.approx(before.time_s + before.pcm.size / 16_000, abs=0.05)
    loud_s = loud_times_s(items)
    assert min(loud_s) == pytest.approx(1.0, abs=0.09)
    assert max(loud_s) == pytest.approx(1.5, abs=0.09)


def test_sound_can_be_left_out(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(sound=tone()))
    assert not any(isinstance(item, AudioBlock) for item in scan(path, ScanOptions(with_audio=False)))


def test_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    spec = ClipSpec(
        picture=time_code, duration_s=6.0, sound=tone(), container_options=(("movflags", "+faststart"),)
    )
    whole = write_clip(tmp_path / "whole.mp4", spec)
    items = list(scan(write_truncated(tmp_path / "half.mp4", whole, 0.6)))
    end = end_of(items)
    assert 1.0 < end.duration_s < 5.0
    assert frames_of(items)[-1].time_s < end.duration_s
    assert f"breaks off at {end.duration_s:.1f} s of the 6.0 s" in end.warnings[0]
    assert all(read_time_code(frame.rgb) == pytest.approx(frame.time_s, abs=0.02) for frame in frames_of(items))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.webm"])
def test_damage_in_the_middle_is_passed_over(name: str, tmp_path: Path) -> None:
    codec = {"a.avi": "mjpeg", "a.webm": "libvpx-vp9"}.get(name, "libx264")
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    spec = ClipSpec(picture=time_code, duration_s=6.0, codec=codec, pix_fmt=pix_fmt, gop_frames=10)
    whole = write_clip(tmp_path / name, spec)
    items = list(scan(write_damaged(tmp_path / f"bad_{name}", whole, 0.45, 0.5)))
    frames = frames_of(items)
    assert frames[0].time_s == 0.0
    assert end_of(items).duration_s == pytest.approx(6.0, abs=0.5)
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)
    lost_s = 0.5 if name == "a.avi" else 0.02  # AVI has no stamps: lost pictures are lost time
    assert read_time_code(frames[-1].rgb) == pytest.approx(frames[-1].time_s, abs=lost_s)


def test_skipped_damage_is_told(tmp_path: Path) -> None:
    spec = ClipSpec(picture=time_code, duration_s=4.0, codec="libvpx-vp9", gop_frames=5)
    data = bytearray(write_clip(tmp_path / "a.webm", spec).read_bytes())
    low = len(data) // 2
    data[low : low + 400] = bytes(400)
    path = tmp_path / "bad.webm"
    path.write_bytes(bytes(data))
    assert end_of(list(scan(path))).warnings


def test_stream_that_starts_within_a_group_begins_at_its_first_picture(tmp_path: Path) -> None:
    spec = ClipSpec(picture=time_code, duration_s=4.0, gop_frames=10, fps=Fraction(10))
    data = write_clip(tmp_path / "a.ts", spec).read_bytes()
    tables, rest = data[: 3 * 188], data[len(data) // 3 // 188 * 188 :]
    path = tmp_path / "cut.ts"
    path.write_bytes(tables + rest)
    items = list(scan(path))
    frames = frames_of(items)
    assert "cannot be decoded" in end_of(items).warnings[0]
    codes_s = [read_time_code(frame.rgb) for frame in frames]
    assert frames[0].time_s == 0.0
    assert codes_s[0] > 0.5
    for frame, code_s in zip(frames, codes_s, strict=True):
        assert code_s - codes_s[0] == pytest.approx(frame.time_s, abs=0.02)


def test_joined_recordings_play_on(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "first.ts", ClipSpec(picture=time_code, sound=tone(), audio_codec="mp2"))
    path = tmp_path / "joined.ts"
    path.write_bytes(first.read_bytes() * 2)
    items = list(scan(path))
    times_s = [frame.time_s for frame in frames_of(items)]
    assert times_s == sorted(times_s)
    assert end_of(items).duration_s == pytest.approx(4.0, abs=0.12)
    assert end_of(items).warnings == ()


def test_sound_that_breaks_does_not_end_the_pictures(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=time_code, sound=tone()))
    data = bytearray(path.read_bytes())
    mark = data.index(b"mp4a")
    data[mark : mark + 4] = b"ac-3"  # the samples are not what this says
    path.write_bytes(bytes(data))
    items = list(scan(path))
    assert len(frames_of(items)) == pytest.approx(2 * SAMPLE_HZ, abs=4)
    assert end_of(items).duration_s == pytest.approx(2.0, abs=0.11)


def test_nothing_to_decode_is_an_error(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(container_options=(("movflags", "+faststart"),)))
    data = path.read_bytes()
    pictures = data.index(b"mdat") + 4
    path.write_bytes(data[:pictures] + bytes(len(data) - pictures))
    with pytest.raises(Undecodable):
        list(scan(path))


def test_cancel_is_seen_between_packets(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(duration_s=4.0))
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        raise Cancelled("no longer wanted")

    with pytest.raises(Cancelled):
        next(scan(path, check=check))
    assert calls == 1


def test_memory_stays_the_same(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(duration_s=30.0, sound=tone()))
    tracemalloc.start()
    try:
        for _ in scan(path):
            pass
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4 * 1024**2


@pytest.mark.parametrize(("name", "start_s"), [("a.mp4", 0.0), ("late.mkv", 3.0)])
def test_an_encoder_puts_a_key_frame_where_a_shot_begins(name: str, start_s: float, tmp_path: Path) -> None:
    cut = in_turn((0.0, calm()), (2.36, corners))
    spec = ClipSpec(duration_s=4.0, fps=Fraction(25), picture=cut, start_s=start_s, gop_frames=250)
    spec = dataclasses.replace(spec, options=(("preset", "veryfast"),))  # the fastest preset looks for no cuts
    keys_s = end_of(list(scan(write_clip(tmp_path / name, spec)))).key_frames_s
    assert keys_s == pytest.approx([0.0, 2.36], abs=0.002)
