"""Names of uploads, as senders of all kinds write them."""

import pytest

from smolvlm_core.ui.uploads import base_name, received


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Training (1).mp4", "Training (1).mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\clip.mov", "clip.mov"),
        ("Größe 日本.mp4", "Größe 日本.mp4"),
        ("a\x00b\n\u202e.mp4", "ab.mp4"),
        ("", "video"),
        ("..", "video"),
        ("/", "video"),
    ],
)
def test_only_a_printable_base_name_is_kept(sent: str, kept: str) -> None:
    assert base_name(sent) == kept


def test_the_senders_name_wins_over_the_name_in_the_cache() -> None:
    upload = received({"path": "/cache/abc/Training 1.mp4", "orig_name": "Training (1).mp4"})
    assert (upload.path.name, upload.filename) == ("Training 1.mp4", "Training (1).mp4")
    assert received({"path": "/cache/abc/x.mp4", "orig_name": None}).filename == "x.mp4"
