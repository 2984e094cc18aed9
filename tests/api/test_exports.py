"""``GET /export``: every format as a file to save, by a safe name, for both kinds of results."""

import csv
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from shutil import copy
from threading import get_ident
from urllib.parse import unquote
from xml.etree import ElementTree

import httpx
import opentimelineio as otio
import pytest
import srt
import webvtt

from smolvlm_core.analysis.report import Report
from smolvlm_core.api import exports
from smolvlm_core.exports.formats import Export, Format
from smolvlm_core.jobs.service import JobService
from tests.api.test_media import upload
from tests.exports.samples import highlights, hostile_highlights, two_sets
from tests.exports.test_page import Page
from tests.services import finished

VIDEO = "/api/v1/video"


def hostile() -> Report:
    """Without the one text that no JSON in UTF-8 can hold."""
    report = hostile_highlights()
    report["highlights"] = [one for one in report["highlights"] if "\ud800" not in one["description"]]
    return report


RESULTS = {"highlights": hostile(), "workout": two_sets(), "nothing": highlights()}

TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "chapters": "text/plain; charset=utf-8",
    "edl": "text/plain; charset=utf-8",
    "fcpxml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
COUNTED: dict[str, Callable[[str], int]] = {
    "csv": lambda text: len(list(csv.reader(StringIO(text, newline="")))) - 1,
    "vtt": lambda text: len(webvtt.from_buffer(StringIO(text)).captions),
    "srt": lambda text: len(list(srt.parse(text))),
    "fcpxml": lambda text: len(ElementTree.fromstring(text.encode()).findall(".//asset-clip")),
    "html": lambda text: len(Page(text).attributes("img")),
}
"""How many highlights or steps a file lists, by a parser of its format."""


@pytest.mark.parametrize("report", RESULTS.values(), ids=RESULTS)
async def test_every_format_is_a_file_to_save(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path, report: Report
) -> None:
    session_id = finished(working_service, clip_path, report)
    kind = "workout" if "exercise_steps" in report else "highlights"
    for name, media_type in TYPES.items():
        answer = await working_client.get(f"{VIDEO}/export/{session_id}", params={"format": name})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        ending = "-chapters.txt" if name == "chapters" else f".{name}"
        assert answer.headers["content-disposition"] == f'attachment; filename="calm-{kind}{ending}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_each_file_lists_all_there_is(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    session_id = finished(working_service, clip_path, hostile())
    expected = len(hostile()["highlights"])
    for name, count in COUNTED.items():
        answer = await working_client.get(f"{VIDEO}/export/{session_id}?format={name}")
        assert count(answer.content.decode()) == expected, name
    edl = await working_client.get(f"{VIDEO}/export/{session_id}?format=edl")
    timeline = otio.adapters.read_from_string(edl.text, "cmx_3600", rate=30)
    assert len(timeline.video_tracks()[0]) == expected


async def test_json_is_what_results_answers(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    session_id = finished(working_service, clip_path, two_sets())
    results = await working_client.get(f"{VIDEO}/results/{session_id}")
    for query in ("", "?format=json"):
        answer = await working_client.get(f"{VIDEO}/export/{session_id}{query}")
        assert answer.content == results.content


async def test_a_report_has_a_picture_of_the_video(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    found = hostile()
    found["highlights"] = found["highlights"][:1]
    session_id = finished(working_service, clip_path, found)
    answer = await working_client.get(f"{VIDEO}/export/{session_id}?format=html")
    (image,) = Page(answer.text).attributes("img")
    assert str(image["src"]).startswith("data:image/jpeg;base64,")


async def test_names_of_any_script_are_kept(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path, tmp_path: Path
) -> None:
    path = Path(copy(clip_path, tmp_path / "\u00dcbung \u6df1\u8e72 100%.mp4"))
    session_id = finished(working_service, path, two_sets())
    answer = await working_client.get(f"{VIDEO}/export/{session_id}?format=csv")
    plain, own = answer.headers["content-disposition"].removeprefix("attachment; ").split("; ")
    assert plain == 'filename="Ubung __ 100_-workout.csv"'
    assert unquote(own.removeprefix("filename*=UTF-8''")) == "\u00dcbung \u6df1\u8e72 100%-workout.csv"


@pytest.mark.parametrize("sent", ["pdf", "", "CSV", "csv,vtt"])
async def test_an_unknown_format_is_answered_with_those_there_are(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path, sent: str
) -> None:
    session_id = finished(working_service, clip_path, two_sets())
    answer = await working_client.get(f"{VIDEO}/export/{session_id}", params={"format": sent})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    (problem,) = answer.json()["errors"]
    assert (problem["field"], problem["sent"]) == ("format", sent)
    assert problem["allowed"] == "one of json, csv, vtt, srt, chapters, edl, fcpxml or html"


async def test_nothing_before_the_analysis_is_completed(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "a.mp4")
    for name in TYPES:
        answer = await client.get(f"{VIDEO}/export/{session_id}?format={name}")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_completed")
        assert answer.json()["session_status"] == "uploaded"


async def test_an_unknown_session_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{VIDEO}/export/{uuid.uuid4()}?format=csv")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("name", TYPES)
async def test_files_are_made_beside_the_event_loop(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made_in = []

    def made(service: JobService, session_id: str, wanted: Format) -> Export:
        made_in.append(get_ident())
        return Export(wanted.value.encode(), "text/plain", "a.txt")

    monkeypatch.setattr(exports, "_made", made)
    answer = await client.get(f"{VIDEO}/export/{uuid.uuid4()}?format={name}")
    assert answer.text == name
    assert made_in != [get_ident()]
    assert len(made_in) == 1
