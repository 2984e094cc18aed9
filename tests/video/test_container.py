"""Opening is safe: no other file is read, no name is interpreted, nothing stays open."""

import os
from pathlib import Path

import av
import numpy as np
import pytest

from smolvlm_core.domain import Frame, Limits
from smolvlm_core.errors import InputError, NoVideoStream, Undecodable, UnsupportedContainer
from smolvlm_core.video.container import open_video
from smolvlm_core.video.probe import probe
from smolvlm_core.video.scan import scan
from tests.clips import (
    BLUE,
    ClipSpec,
    plain,
    write_clip,
    write_damaged,
    write_empty,
    write_sound_only,
    write_truncated,
)

PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{canary}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{canary}'\n",
    "dash": '<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>{canary}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "imf": '<?xml version="1.0"?><CompositionPlaylist/>',
}

NAMES = (
    "-i.mp4",
    "--help.mp4",
    "concat:a|b.mp4",
    "http:evil.mp4",
    "pipe:0.mp4",
    "data:x.mp4",
    "%03d.mp4",
    "glob_*?.mp4",
    "new\nline.mp4",
    "hash#frag?query=1.mp4",
    "back\\slash.mp4",
    "видео_视频_🏀.mp4",
    "noextension",
    "wrong.jpg",
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "canary.ts", ClipSpec(picture=plain((255, 0, 255))))


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8"])
def test_playlists_are_refused(kind: str, suffix: str, canary: Path) -> None:
    path = canary.with_suffix(suffix)
    path.write_text(PLAYLISTS[kind].format(canary=canary.name))
    with pytest.raises(UnsupportedContainer):
        probe(path, path.name, Limits())


FORMATS_LOOSE = {"format_whitelist": "hls,concat,mpegts", "safe": "0", "allowed_extensions": "ALL"}
PROTOCOLS_LOOSE = {"protocol_whitelist": "file,crypto,data"}


@pytest.mark.parametrize(
    ("kind", "loose"),
    [("hls", FORMATS_LOOSE), ("concat", FORMATS_LOOSE), ("hls", FORMATS_LOOSE | PROTOCOLS_LOOSE)],
    ids=["hls_no_protocol", "concat_no_protocol", "hls_asks_us"],
)
def test_each_wall_holds_alone(
    kind: str, loose: dict[str, str], canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the first bytes misjudged and other walls down, no nested file opens."""
    path = canary.with_suffix(".mp4")
    path.write_text(PLAYLISTS[kind].format(canary=canary))
    monkeypatch.setattr("smolvlm_core.video.container.container_of", lambda _head: kind)
    monkeypatch.setattr("smolvlm_core.video.container._options_of", lambda _kind: loose)
    with pytest.raises((Undecodable, NoVideoStream)), open_video(path):
        pass


@pytest.mark.parametrize("kind", ["hls", "concat", "dash", "sdp"])
def test_demuxer_of_playlists_would_reach_nothing(
    kind: str, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second wall: even if the first bytes were misjudged, no nested file opens."""
    path = canary.with_suffix(".mp4")
    path.write_text(PLAYLISTS[kind].format(canary=canary))
    monkeypatch.setattr("smolvlm_core.video.container.container_of", lambda _head: kind)
    with pytest.raises((Undecodable, NoVideoStream)), open_video(path):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_names_are_never_interpreted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "plain.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(path, name, Limits()).frames == 20
    assert probe(Path(name), name, Limits()).frames == 20


def test_external_data_reference_is_not_followed(tmp_path: Path, canary: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", ClipSpec(picture=plain(BLUE)))
    data = path.read_bytes()
    mark = data.index(b"url \x00\x00\x00\x01")
    path.write_bytes(data[: mark + 7] + b"\x00" + data[mark + 8 :])  # no longer "in this file"
    for item in scan(path):
        if isinstance(item, Frame):
            assert item.rgb[..., 2].mean() > item.rgb[..., 0].mean() + 60


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("empty", UnsupportedContainer),
        ("no_index", Undecodable),
        ("head_only", Undecodable),
        ("noise", UnsupportedContainer),
        ("sound_only", NoVideoStream),
        ("unknown_codec", Undecodable),
    ],
)
def test_hopeless_files_say_why(damage: str, error: type[InputError], tmp_path: Path) -> None:
    whole, path = write_clip(tmp_path / "whole.mp4"), tmp_path / "bad.mp4"
    match damage:
        case "empty":
            write_empty(path)
        case "no_index":
            write_truncated(path, whole, 0.5)
        case "head_only":
            path.write_bytes(whole.read_bytes()[:100])
        case "noise":
            write_damaged(path, whole, 0.0, 1.0)
        case "sound_only":
            write_sound_only(path)
        case "unknown_codec":
            path.write_bytes(whole.read_bytes().replace(b"avc1", b"zz99"))
    with pytest.raises(error) as caught:
        probe(path, "bad.mp4", Limits())
    assert str(tmp_path) not in caught.value.message
    assert "bad.mp4" not in caught.value.message


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as box:
        sound = box.add_stream("aac", rate=48_000)
        cover = box.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        box.mux([*cover.encode(picture), *cover.encode(None)])
        for index in range(20):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            samples.sample_rate, samples.pts = 48_000, index * 1024
            box.mux(sound.encode(samples))
        box.mux(sound.encode(None))
    with pytest.raises(NoVideoStream):
        probe(path, "song.m4a", Limits())


def test_first_default_picture_stream_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as box:
        streams = [box.add_stream("mpeg4", rate=10) for _ in range(2)]
        for stream, side in zip(streams, (32, 64), strict=True):
            stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        streams[0].disposition = av.stream.Disposition(0)
        streams[1].disposition = av.stream.Disposition.default
        for stream, side in zip(streams, (32, 64), strict=True):
            frame = av.VideoFrame.from_ndarray(np.zeros((side, side, 3), np.uint8), "rgb24")
            box.mux([*stream.encode(frame), *stream.encode(None)])
    assert probe(path, "two.mkv", Limits()).resolution == "64x64"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_nothing_stays_open(tmp_path: Path) -> None:
    good = write_clip(tmp_path / "good.mp4")
    bad = write_truncated(tmp_path / "bad.mp4", good, 0.5)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(5):
        probe(good, "good.mp4", Limits())
        next(scan(good))
        with pytest.raises(Undecodable):
            probe(bad, "bad.mp4", Limits())
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208
