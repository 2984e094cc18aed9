"""Stamps become rising seconds from the first picture, however bad they are."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from smolvlm_core.video.container import OpenedVideo, StreamPacket, open_video
from smolvlm_core.video.timeline import FrameClock, PacketClock, PacketSpan, stamp_of, stated_fps
from tests.clips import ClipSpec, write_clip

Stamps = Sequence[tuple[int | None, int | None]]
"""(pts, dts) in tenths of a second."""


@pytest.fixture
def avi(tmp_path: Path) -> Iterator[OpenedVideo]:
    with open_video(write_clip(tmp_path / "a.avi", ClipSpec(codec="mpeg4"))) as opened:
        assert opened.video.time_base == Fraction(1, 10)
        yield opened


@pytest.fixture
def ogg(tmp_path: Path) -> Iterator[OpenedVideo]:
    with open_video(write_clip(tmp_path / "a.ogv", ClipSpec(codec="libvpx"))) as opened:
        assert opened.video.time_base == Fraction(1, 10)
        yield opened


def placed(opened: OpenedVideo, stamps: Stamps) -> list[float | None]:
    clock, times_s = FrameClock(opened), []
    for pts, dts in stamps:
        frame = av.VideoFrame(2, 2)
        frame.pts, frame.dts, frame.time_base = pts, dts, opened.video.time_base
        time_s = clock.place(frame)
        times_s.append(None if time_s is None else round(time_s, 6))
    return times_s


def test_display_times_count_from_the_first(ogg: OpenedVideo) -> None:
    assert placed(ogg, [(50, 47), (51, 48), (60, 49)]) == [0.0, 0.1, 1.0]


def test_missing_stamps_follow_at_the_stated_rate(ogg: OpenedVideo) -> None:
    assert placed(ogg, [(None, None), (None, None), (None, None), (9, 9)]) == [0.0, 0.1, 0.2, 0.9]


def test_picture_without_a_moment_of_its_own_is_dropped(ogg: OpenedVideo) -> None:
    assert placed(ogg, [(0, None), (1, None), (1, None), (2, None)]) == [0.0, 0.1, None, 0.2]


def test_stamps_that_stand_still_are_given_up(ogg: OpenedVideo) -> None:
    assert placed(ogg, [(5, None)] * 6) == [0.0, None, None, None, 0.1, 0.2]


def test_disordered_display_times_give_way_to_decoding_times(ogg: OpenedVideo) -> None:
    times_s = placed(ogg, [(0, 0), (4, 1), (2, 2), (6, 3), (3, 4), (8, 5), (5, 6)])
    assert times_s[-2:] == [0.5, 0.6]


def test_avi_has_decoding_times_only(avi: OpenedVideo) -> None:
    assert placed(avi, [(1, 3), (4, 4), (6, 5), (5, 6), (7, 7)]) == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_restart_allows_earlier_pictures(ogg: OpenedVideo) -> None:
    clock = FrameClock(ogg)
    for pts in (10, 90):
        frame = av.VideoFrame(2, 2)
        frame.pts, frame.time_base = pts, ogg.video.time_base
        clock.place(frame)
    clock.restart()
    frame.pts = 30
    assert clock.place(frame) == pytest.approx(2.0)


def packet_of(opened: OpenedVideo, pts: int | None, dts: int | None) -> StreamPacket:
    packet: StreamPacket = av.Packet(1)
    packet.pts, packet.dts = pts, dts
    packet.stream = opened.video
    return packet


def test_packet_stamps_of_avi_are_its_order(avi: OpenedVideo, ogg: OpenedVideo) -> None:
    assert stamp_of(packet_of(avi, 4, 3), avi.demuxer) == 3
    assert stamp_of(packet_of(ogg, 4, 3), ogg.demuxer) == 4
    assert stamp_of(packet_of(ogg, None, 3), ogg.demuxer) == 3


@pytest.mark.parametrize(
    ("demuxer", "dts", "expected"),
    [
        ("mpegts", (0, 1, 2, 500, 501), [0, 1, 2, 3, 4]),
        ("mpegts", (900, 901, 0, 1, 300), [900, 901, 902, 903, 904]),
        ("mpegts", (0, 1, 40, 41), [0, 1, 40, 41]),
        ("mov", (0, 1, 500, 501), [0, 1, 500, 501]),
        ("mov", (100, 101, 50, 51), [100, 101, 102, 103]),
        ("mov", (100, 101, 99, 102), [100, 101, 99, 102]),
        ("mov", (None, None, 0, 1), [None, None, 0, 1]),
    ],
)
def test_packets_run_on_over_joins(
    demuxer: str, dts: Sequence[int | None], expected: Sequence[int | None], ogg: OpenedVideo
) -> None:
    clock, corrected = PacketClock(ogg.video, demuxer, step_s=0.1), []
    for stamp in dts:
        packet = packet_of(ogg, stamp, stamp)
        clock.correct(packet)
        assert packet.pts == packet.dts
        corrected.append(packet.dts)
    assert corrected == expected


def test_last_picture_ends_with_the_container(ogg: OpenedVideo) -> None:
    span = PacketSpan(ogg)
    assert (span.first_s, span.last_s) == (None, None)
    span.add(7, 1)
    span.add(3, 1)
    assert (span.first_s, span.last_s) == (pytest.approx(0.3), pytest.approx(0.7))  # type: ignore[comparison-overlap]
    assert span.shown_s == pytest.approx(0.1)
    span.add(15, 900)
    assert span.shown_s == pytest.approx(1.0)


def test_rate_is_the_stated_one(ogg: OpenedVideo) -> None:
    assert stated_fps(ogg.video) == 10
