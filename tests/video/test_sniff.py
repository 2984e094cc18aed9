"""First bytes choose the demuxer, and nothing but video containers passes."""

import pytest

from smolvlm_core.errors import NoVideoStream, UnsupportedContainer
from smolvlm_core.video.sniff import container_of

PLAYLISTS = {
    "hls": b"#EXTM3U\n#EXTINF:6,\ncanary.ts\n",
    "hls_after_mark": b"\xef\xbb\xbf\n#EXTM3U\n",
    "ffconcat": b"ffconcat version 1.0\nfile canary.ts\n",
    "dash": b'<?xml version="1.0"?><MPD><Period/></MPD>',
    "asx": b'<asx version="3.0"><entry/></asx>',
    "pls": b"[playlist]\nFile1=canary.ts\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\n",
    "smil": b"<smil><body/></smil>",
}

STILLS = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "bmp": b"BM\x00\x00",
    "tiff": b"II*\x00",
    "avif": b"\x00\x00\x00\x1cftypavif",
    "heic": b"\x00\x00\x00\x18ftypheic",
}

SOUNDS = {
    "mp3": b"ID3\x04\x00",
    "mp3_bare": b"\xff\xfb\x90\x64",
    "flac": b"fLaC\x00",
    "wav": b"RIFF\x00\x00\x00\x00WAVEfmt ",
    "adts": b"\xff\xf1\x50\x80",
}

OTHERS = {
    "empty": b"",
    "one_byte": b"\x00",
    "text": b"hello world " * 100,
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "pdf": b"%PDF-1.7",
    "zip": b"PK\x03\x04",
    "elf": b"\x7fELF",
    "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\nhi\n",
    "letter_g": b"G" + b"o" * 400,
}

VIDEOS = {
    "mp4": (b"\x00\x00\x00\x20ftypisom", "mov"),
    "mov_without_brand": (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "mov"),
    "webm": (b"\x1a\x45\xdf\xa3\x9f", "matroska"),
    "avi": (b"RIFF\x00\x00\x00\x00AVI LIST", "avi"),
    "ts": ((b"\x47" + bytes(187)) * 4, "mpegts"),
    "m2ts": ((bytes(4) + b"\x47" + bytes(187)) * 4, "mpegts"),
    "ps": (b"\x00\x00\x01\xba\x44", "mpeg"),
    "flv": (b"FLV\x01\x05", "flv"),
    "ogg": (b"OggS\x00", "ogg"),
    "gif": (b"GIF89a\x01\x00", "gif"),
    "wmv": (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "asf"),
    "mxf": (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d", "mxf"),
}


@pytest.mark.parametrize("head", (PLAYLISTS | STILLS | OTHERS).values(), ids=(PLAYLISTS | STILLS | OTHERS).keys())
def test_no_video_is_refused(head: bytes) -> None:
    with pytest.raises(UnsupportedContainer):
        container_of(head)


@pytest.mark.parametrize("head", PLAYLISTS.values(), ids=PLAYLISTS.keys())
def test_playlists_are_told_apart(head: bytes) -> None:
    with pytest.raises(UnsupportedContainer, match="playlist"):
        container_of(head)


@pytest.mark.parametrize("head", SOUNDS.values(), ids=SOUNDS.keys())
def test_sound_is_no_video(head: bytes) -> None:
    with pytest.raises(NoVideoStream):
        container_of(head)


@pytest.mark.parametrize(("head", "demuxer"), VIDEOS.values(), ids=VIDEOS.keys())
def test_containers_are_known(head: bytes, demuxer: str) -> None:
    assert container_of(head) == demuxer
