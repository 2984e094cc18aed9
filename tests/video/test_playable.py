"""Which files browsers in general play, and the reason that is given."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.domain import Limits, VideoInfo
from smolvlm_core.video.playable import playability_of
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, tone, write_clip

H264 = VideoInfo("a.mp4", 9.0, Fraction(25), 640, 360, 225, "h264", "mov", True, 0, 9, "yuv420p", "aac")
WEBM = replace(H264, codec="vp9", container="matroska", audio_codec="opus")


@pytest.mark.parametrize(
    "video",
    [
        H264,
        replace(H264, pixels="yuvj420p"),
        replace(H264, audio_codec="mp3"),
        replace(H264, has_audio=False, audio_codec=""),
        replace(H264, pixels="", audio_codec=""),  # probed by an older version
        replace(H264, codec="av1", pixels="yuv420p10le"),
        WEBM,
        replace(WEBM, codec="vp8", audio_codec="vorbis"),
        replace(WEBM, codec="av1"),
    ],
)
def test_what_plays(video: VideoInfo) -> None:
    found = playability_of(video)
    assert (found.plays, found.silent) == (True, False)
    assert found.reason == "Browsers play this file as it is."


@pytest.mark.parametrize(
    ("video", "reason", "silent"),
    [
        (replace(H264, codec="hevc"), "Most browsers cannot play HEVC video.", False),
        (replace(H264, codec="prores"), "Most browsers cannot play ProRes video.", False),
        (replace(H264, codec="theora", container="ogg"), "Most browsers cannot play THEORA video.", False),
        (replace(H264, container="matroska"), "Most browsers cannot play H.264 video out of MKV files.", False),
        (replace(H264, container="avi"), "Most browsers cannot open AVI files.", False),
        (replace(H264, container="mpegts"), "Most browsers cannot open MPEG-TS files.", False),
        (replace(H264, container="flv"), "Most browsers cannot open FLV files.", False),
        (
            replace(H264, pixels="yuv420p10le"),
            "Most browsers cannot play H.264 video with such pixels (yuv420p10le).",
            False,
        ),
        (
            replace(WEBM, pixels="yuv444p"),
            "Most browsers cannot play VP9 video with such pixels (yuv444p).",
            False,
        ),
        (replace(H264, audio_codec="ac3"), "Most browsers cannot play AC-3 sound out of such files.", True),
        (
            replace(H264, audio_codec="pcm_s16le"),
            "Most browsers cannot play PCM_S16LE sound out of such files.",
            True,
        ),
        (replace(WEBM, audio_codec="aac"), "Most browsers cannot play AAC sound out of such files.", False),
        (
            replace(H264, container="matroska", audio_codec="dts"),
            "Most browsers cannot play H.264 video out",
            True,
        ),
    ],
)
def test_what_does_not_play_and_why(video: VideoInfo, reason: str, silent: bool) -> None:
    found = playability_of(video)
    assert (found.plays, found.silent) == (False, silent)
    assert found.reason.startswith(reason)


FILES = {
    "a.mp4": (ClipSpec(sound=tone()), True),
    "a.mov": (ClipSpec(), True),
    "a.webm": (ClipSpec(codec="libvpx-vp9", sound=tone(), audio_codec="libopus"), True),
    "av1.mp4": (ClipSpec(codec="libsvtav1"), True),
    "hevc.mp4": (ClipSpec(codec="libx265"), False),
    "ten_bits.mp4": (ClipSpec(pix_fmt="yuv420p10le"), False),
    "a.mkv": (ClipSpec(), False),
    "a.avi": (ClipSpec(codec="mpeg4"), False),
    "a.ts": (ClipSpec(), False),
    "a.mpg": (ClipSpec(codec="mpeg2video", fps=Fraction(25)), False),
    "prores.mov": (ClipSpec(codec="prores_ks", pix_fmt="yuv422p10le"), False),
    "a.gif": (ClipSpec(codec="gif", pix_fmt="rgb8"), False),
    "ac3.mp4": (ClipSpec(sound=tone(), audio_codec="ac3"), False),
}


@pytest.mark.parametrize("name", FILES)
def test_the_probe_finds_out_what_the_rule_needs(name: str, tmp_path: Path) -> None:
    spec, plays = FILES[name]
    info = probe(write_clip(tmp_path / name, spec), name, Limits())
    assert playability_of(info).plays is plays
    assert info.pixels
    assert bool(info.audio_codec) is info.has_audio
