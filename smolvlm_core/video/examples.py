"""Writes the example clips that the page offers, as any browser plays them: H.264 and AAC in an MP4."""

from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from smolvlm_core.video.scenes import HEIGHT, WIDTH, ParkScene, Scene, WorkoutScene

FPS = 25
AUDIO_HZ = 32_000
AUDIO_BIT_RATE = 96_000
VIDEO_OPTIONS = {"preset": "veryfast", "crf": "24"}


class ExampleKind(StrEnum):
    HIGHLIGHTS = "highlights"
    WORKOUT = "workout"


def write_example(path: Path, kind: ExampleKind) -> None:
    """Draws, encodes and writes the example; a clip that is there is a whole one.

    Takes a few seconds. Raises: OSError: the folder cannot be written.
    """
    scene: Scene = ParkScene() if kind is ExampleKind.HIGHLIGHTS else WorkoutScene()
    part = path.with_name(path.name + ".part")
    try:
        _encode(part, scene)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, scene: Scene) -> None:
    with av.open(str(path), "w", format="mp4", container_options={"movflags": "+faststart"}) as box:
        video = box.add_stream("libx264", rate=FPS, options=VIDEO_OPTIONS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = box.add_stream("aac", rate=AUDIO_HZ)
        audio.layout = "mono"
        audio.bit_rate = AUDIO_BIT_RATE
        _write_sound(box, audio, scene)
        reformatter = VideoReformatter()
        for index in range(round(scene.duration_s * FPS)):
            drawn = av.VideoFrame.from_ndarray(scene.draw(index / FPS), "rgb24")
            frame = reformatter.reformat(drawn, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            box.mux(video.encode(frame))
        box.mux(video.encode(None))


def _write_sound(box: av.container.OutputContainer, audio: av.AudioStream, scene: Scene) -> None:
    pcm = scene.sound(AUDIO_HZ)
    size = 1024  # samples of an AAC frame
    for start in range(0, pcm.size, size):
        block = pcm[start : start + size]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block[None]), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_HZ, start, Fraction(1, AUDIO_HZ)
        box.mux(audio.encode(frame))
    box.mux(audio.encode(None))
