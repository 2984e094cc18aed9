"""Tells a video container by its first bytes, so that exactly one demuxer is ever tried.

File names and types sent by clients are not looked at. Playlists, manifests and still images, which FFmpeg
would open gladly, are in no list here and so cannot be opened.
"""

from smolvlm_core.errors import NoVideoStream, UnsupportedContainer

HEAD_BYTES = 2048
"""How much of a file's start ``container_of`` wants: enough for three packets of an MPEG transport stream."""

AVI = "avi"
MOV = "mov"
MATROSKA = "matroska"
MPEGTS = "mpegts"
MPEGPS = "mpeg"

# FFmpeg demuxer by what stands at the very start.
_MAGIC = (
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"\x00\x00\x01\xba", MPEGPS),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "mxf"),
)

# The box types an ISO or QuickTime file may start with.
_FIRST_BOXES = frozenset(
    (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx", b"uuid", b"emsg")
)

# Brands of ISO files that hold still pictures.
_STILL_BRANDS = frozenset((b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1", b"crx ", b"jp2 ", b"jpx "))

# Formats that hold sound only.
_SOUND_MAGIC = (
    b"ID3",
    b"fLaC",
    b"#!AMR",
    b"\xff\xfb",
    b"\xff\xf3",
    b"\xff\xf2",
    b"\xff\xf1",
    b"\xff\xf9",
    b"MThd",
)

_STILL_MAGIC = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"\xff\x0a",
    b"\x00\x00\x00\x0cjP",
    b"\x00\x00\x00\x0cJXL ",
)

_TS_PACKET_BYTES = (188, 192, 204)  # plain; with a time code of 4 bytes in front (Blu-ray); with error correction

_HINT = "Send an MP4, MOV, WebM, MKV, AVI, MPEG, FLV, OGG, WMV or animated GIF file."


def container_of(head: bytes) -> str:
    """The one FFmpeg demuxer for a file that starts with ``head``.

    Args: head: the first ``HEAD_BYTES`` bytes, or all of a shorter file.
    Raises: UnsupportedContainer: not a video container we open. NoVideoStream: a format of sound only.
    """
    if not head:
        raise UnsupportedContainer("The file is empty.", hint=_HINT)
    for magic, demuxer in _MAGIC:
        if head.startswith(magic):
            return demuxer
    if head[4:8] in _FIRST_BOXES and not _is_still(head):
        return MOV
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return AVI
    if _is_transport_stream(head):
        return MPEGTS
    raise _refusal(head)


def _is_still(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS


def _is_transport_stream(head: bytes) -> bool:
    """Sync bytes at the distance of one packet; a file of a single packet is no video."""
    for packet_bytes in _TS_PACKET_BYTES:
        start = 4 if packet_bytes == 192 else 0
        marks = head[start::packet_bytes][:4]
        if len(marks) >= 2 and set(marks) == {0x47}:
            return True
    return False


def _refusal(head: bytes) -> UnsupportedContainer | NoVideoStream:
    """The error that tells the user best what was sent instead."""
    if head.startswith(_STILL_MAGIC) or head[8:12] == b"WEBP" or _is_still(head):
        return UnsupportedContainer("This is a picture, not a video.", hint=_HINT)
    if head.startswith(_SOUND_MAGIC) or (head.startswith(b"RIFF") and head[8:12] == b"WAVE"):
        return NoVideoStream("The file holds sound but no picture.", hint=_HINT)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"#ext", b"ffconcat", b"[playlist]", b"v=0", b"<asx", b"<?xml", b"<mpd", b"<smil")):
        return UnsupportedContainer("This is a playlist or a manifest, not the video itself.", hint=_HINT)
    return UnsupportedContainer("This is not a video file that can be opened here.", hint=_HINT)
