"""One contract over all codecs and containers: size, length, count, and the right picture at each time."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Frame, Limits
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.probe import probe
from smolvlm_core.video.scan import ScanEnd, scan
from tests.clips import ClipSpec, read_time_code, time_code, write_clip

CLIP = ClipSpec(picture=time_code)
LIVE = (("live", "1"),)
FRAGMENTED = (("movflags", "frag_keyframe+empty_moov"),)
FASTSTART = (("movflags", "+faststart"),)

FORMATS = {
    "h264.mp4": CLIP,
    "h264_faststart.mp4": replace(CLIP, container_options=FASTSTART),
    "h264_fragmented.mp4": replace(CLIP, container_options=FRAGMENTED),
    "h264.mov": CLIP,
    "h264.ts": CLIP,
    "h264.flv": CLIP,
    "h264.mkv": CLIP,
    "h264_ntsc.mp4": replace(CLIP, fps=Fraction(30_000, 1001)),
    "h264_60fps.mp4": replace(CLIP, fps=Fraction(60)),
    "h264_odd.mp4": replace(CLIP, width=161, height=97, pix_fmt="yuv444p"),
    "h264_grey.mp4": replace(CLIP, pix_fmt="gray"),
    "hevc.mp4": replace(CLIP, codec="libx265"),
    "hevc_10bit.mov": replace(CLIP, codec="libx265", pix_fmt="yuv420p10le"),
    "av1.mp4": replace(CLIP, codec="libsvtav1"),
    "vp8.webm": replace(CLIP, codec="libvpx"),
    "vp8.ogv": replace(CLIP, codec="libvpx"),
    "vp9.webm": replace(CLIP, codec="libvpx-vp9"),
    "vp9_odd.webm": replace(CLIP, codec="libvpx-vp9", width=161, height=97),
    "vp9_without_duration.webm": replace(CLIP, codec="libvpx-vp9", container_options=LIVE),
    "mpeg4.avi": replace(CLIP, codec="mpeg4"),
    "mpeg4_b.avi": replace(CLIP, codec="mpeg4", options=(("bf", "2"),)),
    "mpeg4.3gp": replace(CLIP, codec="mpeg4"),
    "mjpeg.avi": replace(CLIP, codec="mjpeg", pix_fmt="yuvj420p"),
    "mjpeg.mov": replace(CLIP, codec="mjpeg", pix_fmt="yuvj420p"),
    "mpeg2.mpg": replace(CLIP, codec="mpeg2video", fps=Fraction(25)),
    "mpeg2.mxf": replace(CLIP, codec="mpeg2video", fps=Fraction(25)),
    "sorenson.flv": replace(CLIP, codec="flv"),
    "wmv2.wmv": replace(CLIP, codec="wmv2"),
    "prores.mov": replace(CLIP, codec="prores_ks", pix_fmt="yuv422p10le"),
    "ffv1.mkv": replace(CLIP, codec="ffv1"),
    "animated.gif": replace(CLIP, codec="gif", pix_fmt="rgb8"),
    "variable_rate.mp4": replace(CLIP, times_s=(0.0, 0.1, 0.5, 1.2, 1.25, 1.9)),
    "variable_rate.mkv": replace(CLIP, times_s=(0.0, 0.1, 0.5, 1.2, 1.25, 1.9)),
    "late_start.mp4": replace(CLIP, start_s=5.0),
    "late_start.mkv": replace(CLIP, start_s=5.0),
    "late_start.ts": replace(CLIP, start_s=5000.0),
    "one_frame.mp4": replace(CLIP, duration_s=0.1),
    "one_frame.gif": replace(CLIP, codec="gif", pix_fmt="rgb8", duration_s=0.1),
}

CODECS = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9"}
CODECS |= {"flv": "flv1", "prores_ks": "prores"}


@pytest.fixture(params=FORMATS, ids=str)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, ClipSpec]:
    spec = FORMATS[request.param]
    return write_clip(tmp_path / request.param, spec), spec


def expected_times_s(spec: ClipSpec) -> list[float]:
    return [time_s - spec.frame_times_s[0] for time_s in spec.frame_times_s]


def test_format_is_measured_and_read_right(clip: tuple[Path, ClipSpec]) -> None:
    path, spec = clip
    times_s = expected_times_s(spec)
    step_s = float(1 / spec.fps)

    info = probe(path, "shown.name", Limits())
    assert info.filename == "shown.name"
    assert (info.width, info.height, info.rotation) == (spec.width, spec.height, 0)
    assert info.codec == CODECS.get(spec.codec, spec.codec)
    # MPEG program streams repeat a picture at the end; MPEG-4 in AVI counts its delay
    assert len(times_s) <= info.frames <= len(times_s) + 1
    longest_s = 2 * step_s if spec.times_s is None else 1.4  # muxers guess the last picture of a variable rate
    assert times_s[-1] < info.duration_s <= times_s[-1] + longest_s + 0.01
    assert not info.has_audio
    if spec.times_s is None:
        assert float(info.fps) == pytest.approx(float(spec.fps), rel=0.06)

    *items, end = scan(path)
    frames = [item for item in items if isinstance(item, Frame)]
    assert isinstance(end, ScanEnd)
    alone = ("The video holds a single picture, so nothing can happen in it.",) if end.frames == 1 else ()
    assert end.warnings == alone
    assert end.duration_s == pytest.approx(info.duration_s, abs=step_s + 0.01)
    assert frames[0].time_s == 0.0
    for frame in frames:
        assert read_time_code(frame.rgb) == pytest.approx(frame.time_s, abs=0.011)
        assert frame.rgb.dtype == np.uint8

    wanted_s = [0.0, 0.33, 1.22, times_s[-1], 99.0, 0.05]
    with FrameReader(path) as reader:
        for wanted, frame in zip(wanted_s, reader.at(wanted_s), strict=True):
            shown_s = max(time_s for time_s in times_s if time_s <= wanted + 1e-3)
            assert frame.time_s == pytest.approx(shown_s, abs=0.002)
            assert read_time_code(frame.rgb) == pytest.approx(shown_s, abs=0.011)
