"""Makes videos for the benchmarks: moving shapes and a tone, of any length at the cost of encoding one piece."""

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

AUDIO_RATE_HZ = 16_000


def picture(index: int, width: int, height: int, fps: int, seed: int) -> NDArray[np.uint8]:
    """A room with noise; every ten seconds a bright square rushes through for two."""
    rng = np.random.default_rng(seed + index)
    frame = np.full((height, width, 3), (60, 70, 80), dtype=np.int16)
    frame[height * 2 // 3 :] = (90, 80, 60)
    time_s = index / fps
    if time_s % 10 < 2:
        side = height // 4
        x = int((time_s % 2) / 2 * (width - side))
        frame[height // 3 : height // 3 + side, x : x + side] = (230, 200, 40)
    frame += rng.integers(-6, 7, size=(height, width, 1), dtype=np.int16)
    return np.clip(frame, 0, 255).astype(np.uint8)


def tone(start_s: float, samples: int) -> NDArray[np.float32]:
    """A quiet hum, loud while the square is there; float32 (1, samples)."""
    times = start_s + np.arange(samples) / AUDIO_RATE_HZ
    loudness = np.where(times % 10 < 2, 0.5, 0.02)
    return (loudness * np.sin(2 * np.pi * 220 * times)).astype(np.float32)[None]


def write_piece(path: Path, seconds: int, size_px: tuple[int, int] = (640, 360), fps: int = 25) -> None:
    """Encodes H.264 and AAC."""
    width, height = size_px
    with av.open(str(path), "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "28", "g": "50"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = output.add_stream("aac", rate=AUDIO_RATE_HZ, layout="mono")
        for index in range(seconds * fps):
            frame = av.VideoFrame.from_ndarray(picture(index, width, height, fps, seed=1), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            output.mux(video.encode(frame))
            if index % fps == 0:
                block = av.AudioFrame.from_ndarray(tone(index / fps, AUDIO_RATE_HZ), format="fltp", layout="mono")
                block.sample_rate, block.time_base = AUDIO_RATE_HZ, Fraction(1, AUDIO_RATE_HZ)
                block.pts = index // fps * AUDIO_RATE_HZ
                output.mux(audio.encode(block))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))


def write_repeated(path: Path, piece: Path, times: int, piece_s: int) -> None:
    """Writes ``piece`` ``times`` times in a row by copying its packets, without encoding again."""
    with av.open(str(piece)) as source, av.open(str(path), "w", format="mp4") as output:
        streams = {
            stream.index: output.add_stream_from_template(cast(VideoStream | AudioStream, stream))
            for stream in source.streams
        }
        for turn in range(times):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                offset = round(turn * piece_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
