"""Every format is written, named and typed; names are fit for every system."""

from pathlib import Path

import pytest

from smolvlm_core.exports.formats import KINDS, WRITERS, Finished, Format, export, filename_of
from tests.exports.samples import highlights, hostile_workout, two_sets, video

NOWHERE = Path("nowhere.mp4")


def test_every_format_has_a_writer_and_a_kind() -> None:
    assert set(KINDS) == set(Format)
    assert set(WRITERS) == set(Format) - {Format.JSON}


@pytest.mark.parametrize("wanted", WRITERS)
@pytest.mark.parametrize("report", [hostile_workout(), highlights()], ids=["workout", "nothing"])
def test_a_file_is_text_in_utf_8_and_knows_no_path(wanted: Format, report: dict[str, object]) -> None:
    made = export(wanted, Finished(report, video(), Path("/secret/place/source.mp4")))
    text = made.content.decode("utf-8")
    assert "secret" not in text + made.filename
    assert "source.mp4" not in text
    assert made.media_type == f"{KINDS[wanted].media_type}; charset=utf-8"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Format.JSON, "holiday-workout.json"),
        (Format.CSV, "holiday-workout.csv"),
        (Format.CHAPTERS, "holiday-workout-chapters.txt"),
        (Format.FCPXML, "holiday-workout.fcpxml"),
    ],
)
def test_files_are_called_after_the_video(wanted: Format, name: str) -> None:
    assert filename_of(wanted, two_sets(), video()) == name


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("\u00dcbung 1.mp4", "\u00dcbung 1-highlights.csv"),
        ('a/b\\c:d*e?f"g<h>i|.mp4', "a_b_c_d_e_f_g_h_i_-highlights.csv"),
        ("...mp4", "video-highlights.csv"),
        (".mp4", "video-highlights.csv"),
        (" . x . .mp4", "x-highlights.csv"),
        ("one\r\ntwo.mp4", "one two-highlights.csv"),
        ("archive.tar.mp4", "archive.tar-highlights.csv"),
        ("none", "none-highlights.csv"),
        ("CON.mp4", "CON-highlights.csv"),
        ("\ud800.mp4", "\ufffd-highlights.csv"),
    ],
)
def test_names_are_fit_for_every_system(filename: str, name: str) -> None:
    assert filename_of(Format.CSV, highlights(), video(filename=filename)) == name


@pytest.mark.parametrize("letter", ["x", "\u6df1", "\U0001f389"])
def test_long_names_are_cut_to_what_file_systems_take(letter: str) -> None:
    name = filename_of(Format.CHAPTERS, highlights(), video(filename=letter * 250 + ".mp4"))
    assert len(name.encode()) <= 255
    assert name.startswith(letter * 50)
    assert name.endswith(f"{letter}-highlights-chapters.txt")
