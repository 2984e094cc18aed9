"""Reads movies back for tests: what a player would show and when, and what it would play."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from tests.clips import AUDIO_HZ, read_time_code


@dataclass(frozen=True, slots=True)
class Movie:
    """``sound`` is mono at ``AUDIO_HZ`` from time 0 on; None without a stream."""

    times_s: tuple[float, ...]
    pictures: tuple[FrameRGB, ...]
    sound: NDArray[np.float32] | None
    duration_s: float
    video_codec: str
    audio_codec: str | None
    pix_fmt: str | None

    @property
    def codes_s(self) -> list[float]:
        """The times that ``time_code`` drew."""
        return [read_time_code(picture) for picture in self.pictures]

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pictures[0].shape[:2]
        return width, height

    def pixel(self, x: float, y: float) -> list[int]:
        """Red, green, blue of the first picture there."""
        return [int(level) for level in self.pictures[0][round(y), round(x)]]

    def loud_from_s(self, level: float = 0.25) -> float:
        """When the sound is first louder than ``level``."""
        assert self.sound is not None
        return float(np.argmax(np.abs(self.sound) > level)) / AUDIO_HZ


def read_movie(path: Path) -> Movie:
    with av.open(str(path)) as box:
        video = box.streams.video[0]
        assert video.time_base is not None
        shown = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in box.decode(video)]
        duration_s = float((video.duration or 0) * video.time_base)
        codecs = [stream.codec_context.name for stream in box.streams.audio]
        pix_fmt = video.pix_fmt
        codec = video.codec_context.name
    return Movie(
        tuple(time_s for time_s, _ in shown),
        tuple(picture.astype(np.uint8) for _, picture in shown),
        _sound_of(path) if codecs else None,
        duration_s,
        codec,
        codecs[0] if codecs else None,
        pix_fmt,
    )


def _sound_of(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as box:
        resampler = av.AudioResampler("flt", "mono", AUDIO_HZ)
        runs: list[NDArray[np.float32]] = []
        for frame in box.decode(box.streams.audio[0]):
            if not runs:
                runs.append(np.zeros(max(0, round((frame.time or 0.0) * AUDIO_HZ)), np.float32))
            runs += [part.to_ndarray()[0].astype(np.float32) for part in resampler.resample(frame)]
    return np.concatenate(runs)


def expected_times_s(shown_s: Sequence[float], start_s: float, end_s: float) -> tuple[list[float], list[float]]:
    """When a clip's pictures appear, and when they did in the video, of which ``shown_s`` are all."""
    first_s = max(time_s for time_s in shown_s if time_s <= start_s + 1e-3)
    later_s = [time_s for time_s in shown_s if start_s + 1e-3 < time_s < end_s - 1e-3]
    return [0.0, *(time_s - start_s for time_s in later_s)], [first_s, *later_s]


def boxes_of(path: Path) -> list[str]:
    """Names of the outermost boxes of an MP4 file, in their order."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        at += int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size
    return names


def write_without_early_sound(path: Path, whole: Path, from_s: float) -> Path:
    """``whole`` without the packets of its sound before ``from_s``: the stream begins late."""
    with av.open(str(whole)) as source, av.open(str(path), "w") as box:
        copies = {stream.index: box.add_stream_from_template(stream) for stream in source.streams.get()}
        for packet in source.demux():
            if packet.pts is None or (packet.stream.type == "audio" and packet.pts * packet.time_base < from_s):
                continue
            packet.stream = copies[packet.stream_index]
            box.mux(packet)
    return path


def write_sound_behind(path: Path, whole: Path, behind_s: float) -> Path:
    """``whole`` with each bit of sound this much later in the file than its pictures."""
    with av.open(str(whole)) as source:
        packets = [packet for packet in source.demux() if packet.size and packet.dts is not None]
        in_file = {
            id(packet): float((packet.dts or 0) * packet.time_base) + behind_s * (packet.stream.type == "audio")
            for packet in packets
        }
        with av.open(str(path), "w", container_options={"max_interleave_delta": "1"}) as box:
            copies = {stream.index: box.add_stream_from_template(stream) for stream in source.streams.get()}
            for packet in sorted(packets, key=lambda one: in_file[id(one)]):
                packet.stream = copies[packet.stream_index]
                box.mux(packet)
    return path
