"""Says from what ``probe`` measured whether browsers in general play a file. Opens nothing, knows no one browser.

"In general" is what current Chrome, Edge, Firefox and Safari have in common; some of them play more.
"""

from dataclasses import dataclass

from smolvlm_core.domain import VideoInfo
from smolvlm_core.video.sniff import AVI, MATROSKA, MOV, MPEGPS, MPEGTS

EIGHT_BITS = frozenset(("yuv420p", "yuvj420p"))
PIXELS_OF = {
    "h264": EIGHT_BITS,
    "vp8": EIGHT_BITS,
    "vp9": EIGHT_BITS | {"yuv420p10le"},
    "av1": EIGHT_BITS | {"yuv420p10le"},
}
"""Pixel formats of each codec that plays. H.264's other profiles (High 10, 4:2:2, 4:4:4) show as other formats."""

CODECS_IN = {MOV: frozenset(("h264", "vp9", "av1")), MATROSKA: frozenset(("vp8", "vp9", "av1"))}
SOUNDS_IN = {MOV: frozenset(("aac", "mp3", "opus", "flac")), MATROSKA: frozenset(("opus", "vorbis"))}
"""By container. What Matroska may hold is that of WebM, its part that browsers know."""
SOUNDS = frozenset[str]().union(*SOUNDS_IN.values())

CONTAINERS = {AVI: "AVI", MATROSKA: "MKV", MPEGPS: "MPEG", MPEGTS: "MPEG-TS", "asf": "WMV"}
NAMES = {
    "h264": "H.264",
    "hevc": "HEVC",
    "mpeg4": "MPEG-4",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "prores": "ProRes",
    "ac3": "AC-3",
    "eac3": "E-AC-3",
}
"""As people write them; the rest is put in capitals."""


@dataclass(frozen=True, slots=True)
class Playability:
    """``reason`` is one sentence for people. ``silent``: even who plays the picture may leave out the sound, and
    tells nobody."""

    plays: bool
    reason: str
    silent: bool = False


def playability_of(video: VideoInfo) -> Playability:
    """Whether browsers play the file as it is.

    Where nobody looked at pixels or sound (a file probed by an older version), they count as usual ones.
    """
    hindrance = _hindrance(video)
    if hindrance is None:
        return Playability(True, "Browsers play this file as it is.")
    return Playability(False, hindrance, silent=bool(video.audio_codec) and video.audio_codec not in SOUNDS)


def _hindrance(video: VideoInfo) -> str | None:
    codec, container = name_of(video.codec), CONTAINERS.get(video.container, video.container.upper())
    if video.codec not in PIXELS_OF:
        return f"Most browsers cannot play {codec} video."
    if video.container not in CODECS_IN:
        return f"Most browsers cannot open {container} files."
    if video.codec not in CODECS_IN[video.container]:
        return f"Most browsers cannot play {codec} video out of {container} files."
    if video.pixels and video.pixels not in PIXELS_OF[video.codec]:
        return f"Most browsers cannot play {codec} video with such pixels ({video.pixels})."
    if video.audio_codec and video.audio_codec not in SOUNDS_IN[video.container]:
        return f"Most browsers cannot play {name_of(video.audio_codec)} sound out of such files."
    return None


def name_of(codec: str) -> str:
    """What people call a codec."""
    return NAMES.get(codec, codec.upper())
