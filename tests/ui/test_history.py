"""The list of a browser's videos: what is asked, what is told, and that nothing of it can do harm."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smolvlm_core.domain import AnalysisType, Limits, Status
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import GlanceView
from smolvlm_core.ui.history import MOST, Entry, age_words, answer_of, entries_in, state_words
from tests.fakes import YES, ScriptedEngine
from tests.services import HIGHLIGHTS, running_service

ID = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[JobService]:
    engine = ScriptedEngine()
    engine.model.log_odds = deque([YES])
    with running_service(tmp_path / "data", engine) as service:
        yield service


def test_the_list_names_its_videos_and_how_they_stand(service: JobService, clip_path: Path) -> None:
    done = service.adopt(clip_path, "a & b.mp4").session_id
    fresh = service.adopt(clip_path, "new.mp4").session_id
    service.start_analysis(done, HIGHLIGHTS)
    assert service.wait(done, 60).status is Status.COMPLETED
    found = len(service.results(done).results["highlights"])
    answer = answer_of(service, [Entry(fresh, "", 3.0), Entry(done, "old name", 7300.0)])
    assert answer["names"] == {done: "a & b.mp4", fresh: "new.mp4"}
    assert (answer["gone"], answer["running"]) == ([], False)
    html: str = answer["html"]
    assert f'<a href="?session={done}">a &amp; b.mp4</a>' in html
    assert f"Done: {found} highlight" in html
    assert "2 hours ago" in html
    assert html.index("new.mp4") < html.index("a &amp; b.mp4"), "in the order of the browser"


def test_what_is_gone_is_told_and_why(tmp_path: Path, clip_path: Path) -> None:
    with running_service(tmp_path / "data", limits=Limits(session_ttl_s=0.0)) as service:
        expired = service.adopt(clip_path, "clip.mp4").session_id
        service.tidy()
        answer = answer_of(service, [Entry(expired, "mine.mp4", 0.0), Entry(ID, "<b>yours</b>", 0.0)])
    assert answer["gone"] == [expired, ID]
    assert "<b>mine.mp4</b>" in answer["html"]
    assert "its time was up" in answer["html"]
    assert "&lt;b&gt;yours&lt;/b&gt;" in answer["html"]
    assert "it was deleted" in answer["html"]
    assert "href" not in answer["html"]


def test_an_empty_list_is_nothing_at_all(service: JobService) -> None:
    assert answer_of(service, []) == {"html": "", "names": {}, "gone": [], "running": False}


@pytest.mark.parametrize(
    "stored", [None, "text", 3, {}, [None], [3], [{}], [{"id": None}], [{"id": "../etc"}], [[ID]]]
)
def test_what_is_no_list_of_ours_is_passed_over(stored: Any) -> None:
    assert entries_in(stored) == []


def test_a_list_is_bounded_and_each_video_is_in_it_once() -> None:
    stored = [{"id": ID.replace("4b4e", f"{index:04x}"), "name": "x" * 5000} for index in range(100)]
    entries = entries_in([{"id": ID, "age_s": 5}, {"id": ID, "age_s": "soon"}, *stored])
    assert len(entries) == MOST - 1
    assert max(len(entry.name) for entry in entries) <= 300


@pytest.mark.parametrize(
    ("status", "kind", "position", "found", "words"),
    [
        (Status.UPLOADED, None, None, None, "Not analyzed yet."),
        (Status.ANALYZING, AnalysisType.WORKOUT, 3, None, "Number 3 in line."),
        (Status.ANALYZING, AnalysisType.WORKOUT, None, None, "Analyzing, 43 %."),
        (Status.COMPLETED, AnalysisType.HIGHLIGHTS, None, 6, "Done: 6 highlights."),
        (Status.COMPLETED, AnalysisType.HIGHLIGHTS, None, 0, "Done: no highlights."),
        (Status.COMPLETED, AnalysisType.WORKOUT, None, 1, "Done: 1 set."),
        (Status.COMPLETED, AnalysisType.WORKOUT, None, None, "Done."),
        (Status.FAILED, AnalysisType.WORKOUT, None, None, "The analysis failed."),
        (Status.CANCELLED, AnalysisType.WORKOUT, None, None, "Cancelled."),
    ],
)
def test_states_in_words(
    status: Status, kind: AnalysisType | None, position: int | None, found: int | None, words: str
) -> None:
    assert state_words(GlanceView(ID, "a.mp4", status, kind, 43.2, position, found)) == words


@pytest.mark.parametrize(
    ("age_s", "words"),
    [
        (-5, "Added just now."),
        (59, "Added just now."),
        (61, "Added 1 minute ago."),
        (7300, "Added 2 hours ago."),
        (90000, "Added 1 day ago."),
    ],
)
def test_ages_in_words(age_s: float, words: str) -> None:
    assert age_words(age_s) == words
