"""Clips are made once, shared, bounded, and gone with their session."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smolvlm_core.domain import Limits, Span, Status
from smolvlm_core.errors import (
    Cancelled,
    ClipError,
    DiskBudgetSpent,
    HighlightNotFound,
    NotCompleted,
    NothingToCut,
    RendererBusy,
    ServiceClosing,
    SessionNotFound,
)
from smolvlm_core.jobs import renders
from smolvlm_core.jobs.renders import Look, movie_name
from smolvlm_core.jobs.service import JobService
from smolvlm_core.video.framing import Aspect
from tests.highlights import highlights_of
from tests.jobs.conftest import THREE_MOMENTS, until
from tests.jobs.studio import Studio
from tests.movies import read_movie
from tests.services import HIGHLIGHTS, finished, make_service, running_service


def test_a_clip_shows_its_highlight(service: JobService, session_id: str) -> None:
    movie = service.films.clip(session_id, "h2")
    assert movie.filename == "coded h2.mp4"
    shown = read_movie(movie.path)
    assert shown.codes_s[0] == pytest.approx(1.0, abs=0.011)
    assert shown.duration_s == pytest.approx(1.5, abs=0.002)
    assert service.films.clip(session_id, "h1").path != movie.path


def test_a_reel_shows_the_best_in_time_order(service: JobService, session_id: str) -> None:
    assert read_movie(service.films.reel(session_id).path).duration_s == pytest.approx(3.5, abs=0.002)
    short = service.films.reel(session_id, longest_s=2.5)
    shown = read_movie(short.path)
    assert short.filename == "coded reel.mp4"
    assert shown.duration_s == pytest.approx(2.5, abs=0.002)
    assert [shown.codes_s[0], shown.codes_s[-1]] == pytest.approx([1.0, 5.0], abs=0.011)


def test_looks_are_files_of_their_own(service: JobService, session_id: str) -> None:
    looks = (Look(), Look(Aspect.SQUARE), Look(captions=True), Look(longest_side_px=64))
    movies = [service.films.clip(session_id, "h1", look) for look in looks]
    assert len({movie.path for movie in movies}) == 4
    assert [read_movie(movie.path).size for movie in movies] == [(160, 96), (96, 96), (160, 96), (64, 38)]
    assert movies[1].filename == "coded h1 1x1.mp4"


def test_a_file_is_made_once(service: JobService, session_id: str, studio: Studio) -> None:
    studio.opened.set()
    first = service.films.clip(session_id, "h1").path
    changed_ns = first.stat().st_mtime_ns
    assert service.films.clip(session_id, "h1").path == first
    assert studio.made == [first]
    assert first.stat().st_mtime_ns == changed_ns, "clients know the file by it"


def test_requests_for_one_file_share_its_making(service: JobService, session_id: str, studio: Studio) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(service.films.clip, session_id, "h1") for _ in range(6)]
        assert studio.entered.wait(10)
        time.sleep(0.1)
        studio.opened.set()
        paths = {one.result(10).path for one in asked}
    assert studio.made == list(paths)


def test_one_file_is_made_at_a_time(service: JobService, session_id: str, studio: Studio) -> None:
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(service.films.clip, session_id, name) for name in ("h1", "h2", "h3")]
        assert studio.entered.wait(10)
        time.sleep(0.1)
        studio.opened.set()
        assert len({one.result(10).path for one in asked}) == 3
    assert studio.most_at_once == 1


def test_an_error_reaches_all_who_wait_and_is_not_kept(
    service: JobService, session_id: str, studio: Studio
) -> None:
    studio.error = ClipError("It broke.")
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(service.films.clip, session_id, "h1") for _ in range(2)]
        assert studio.entered.wait(10)
        time.sleep(0.1)
        studio.opened.set()
        for one in asked:
            with pytest.raises(ClipError, match="It broke"):
                one.result(10)
    studio.error = None
    assert service.films.clip(session_id, "h1").path.exists()


def test_a_request_waits_only_so_long_and_the_next_finds_the_file(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renders, "WAIT_S", 0.1)
    with pytest.raises(RendererBusy):
        service.films.clip(session_id, "h1")
    studio.opened.set()
    until(lambda: len(studio.made) == 1)
    service.films.clip(session_id, "h1")
    assert len(studio.made) == 1


def test_only_so_many_requests_wait(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renders, "WAITING_MOST", 1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.films.clip, session_id, "h1")
        assert studio.entered.wait(10)
        with pytest.raises(RendererBusy):
            service.films.clip(session_id, "h1")
        studio.opened.set()
        waiting.result(10)
    service.films.clip(session_id, "h1")


def test_only_so_many_files_are_queued(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renders, "QUEUED_MOST", 1)
    monkeypatch.setattr(renders, "WAIT_S", 0.1)
    with pytest.raises(RendererBusy, match="still being made"):
        service.films.clip(session_id, "h1")
    with pytest.raises(RendererBusy, match="Many clips"):
        service.films.clip(session_id, "h2")


def test_work_that_takes_too_long_is_given_up(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renders, "WORK_MOST_S", 0.2)
    with pytest.raises(ClipError, match="too long"):
        service.films.clip(session_id, "h1")


# -- Errors ---------------------------------------------------------------------------------


def test_what_there_is_no_clip_of(service: JobService, session_id: str, coded: Path) -> None:
    for unknown in ("h4", "", "../h1"):
        with pytest.raises(HighlightNotFound):
            service.films.clip(session_id, unknown)
    none = finished(service, coded, highlights_of())
    for ask in (
        lambda: service.films.reel(none),
        lambda: service.films.clip(none, "h1"),
        lambda: service.films.highlights(none),
    ):
        with pytest.raises(HighlightNotFound):
            ask()
    fresh = service.adopt(coded, "coded.mp4").session_id
    with pytest.raises(NotCompleted):
        service.films.clip(fresh, "h1")
    with pytest.raises(SessionNotFound):
        service.films.reel("00000000-0000-4000-8000-000000000000")


def test_a_moment_without_a_picture_leaves_nothing(service: JobService, coded: Path) -> None:
    session_id = finished(service, coded, highlights_of(Span(20.0, 21.0)))
    with pytest.raises(NothingToCut):
        service.films.clip(session_id, "h1")
    assert list(service.video_path(session_id).parent.glob("renders/*")) == []


# -- Room -----------------------------------------------------------------------------------


def test_renders_count_as_used_disk(service: JobService, session_id: str) -> None:
    before = service.load().disk_used_bytes
    size_bytes = sum(service.films.clip(session_id, name).path.stat().st_size for name in ("h1", "h2"))
    assert service.load().disk_used_bytes == before + size_bytes
    service.delete(session_id)
    assert service.load().disk_used_bytes == 0


def test_no_clip_is_made_when_the_disk_budget_is_spent(tmp_path: Path, coded: Path) -> None:
    data_dir = tmp_path / "data"
    with running_service(data_dir) as service:
        session_id = finished(service, coded, THREE_MOMENTS)
        kept = service.films.clip(session_id, "h2").path
    tight = make_service(data_dir, limits=Limits(disk_budget_bytes=coded.stat().st_size))
    with pytest.raises(DiskBudgetSpent):
        tight.films.clip(session_id, "h1")
    assert tight.films.clip(session_id, "h2").path == kept, "what is there is shown"


def test_the_longest_unused_goes_first(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renders, "KEPT_MOST_BYTES", 1_200)
    studio.opened.set()
    first, second = (service.films.clip(session_id, name).path for name in ("h1", "h2"))
    os.utime(second, ns=(1, second.stat().st_mtime_ns))
    third = service.films.clip(session_id, "h3").path
    assert [path.exists() for path in (first, second, third)] == [True, False, True]


def test_what_a_killed_process_left_goes_with_the_next_clip(
    service: JobService, session_id: str, studio: Studio
) -> None:
    studio.opened.set()
    folder = service.films.clip(session_id, "h1").path.parent
    old, new = folder / "a.partial", folder / "b.partial"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    service.films.clip(session_id, "h2")
    assert [old.exists(), new.exists()] == [False, True]


# -- Ends -----------------------------------------------------------------------------------


def test_clips_die_with_their_session(service: JobService, session_id: str) -> None:
    path = service.films.clip(session_id, "h1").path
    service.delete(session_id)
    assert not path.exists()
    assert not path.parent.parent.exists()


def test_another_analysis_takes_older_clips_away(service: JobService, session_id: str) -> None:
    path = service.films.clip(session_id, "h1").path
    service.start_analysis(session_id, HIGHLIGHTS)
    assert not path.exists()
    assert service.wait(session_id, 30).status is Status.COMPLETED


def waits(service: JobService, session_id: str, studio: Studio, end: Callable[[], object]) -> BaseException | None:
    """What a request gets when ``end`` comes while its clip is made."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(service.films.clip, session_id, "h1")
        assert studio.entered.wait(10)
        end()
        return asked.exception(10)


def test_deleting_stops_what_is_being_made(service: JobService, session_id: str, studio: Studio) -> None:
    folder = service.video_path(session_id).parent
    error = waits(service, session_id, studio, lambda: service.delete(session_id))
    assert isinstance(error, Cancelled)
    assert not studio.made
    assert not folder.exists()


def test_closing_stops_what_is_being_made(tmp_path: Path, coded: Path, studio: Studio) -> None:
    with running_service(tmp_path / "data") as service:
        session_id = finished(service, coded, THREE_MOMENTS)
        folder = service.video_path(session_id).parent
        error = waits(service, session_id, studio, service.announce_end)
        assert isinstance(error, ServiceClosing)
        with pytest.raises(ServiceClosing):
            service.films.clip(session_id, "h2")
    assert not studio.made
    assert list(folder.glob("renders/*")) == []


def test_a_session_deleted_elsewhere_leaves_no_folder(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process of the fleet deleted it between its last look and the end of the work."""
    monkeypatch.setattr("smolvlm_core.jobs.sessions.SessionManager.note_renders", lambda *_: False)
    studio.opened.set()
    with pytest.raises(SessionNotFound):
        service.films.clip(session_id, "h1")
    assert not service.video_path(session_id).parent.exists()


@pytest.mark.parametrize(
    ("name", "look", "expected"),
    [
        ("My holiday.MOV", Look(), "My holiday h1.mp4"),
        ("a.b.mp4", Look(Aspect.PORTRAIT), "a.b h1 9x16.mp4"),
        ("", Look(), "video h1.mp4"),
        ("x" * 300 + ".mp4", Look(), "x" * 80 + " h1.mp4"),
    ],
)
def test_names_to_save_clips_as(name: str, look: Look, expected: str) -> None:
    assert movie_name(name, "h1", look) == expected
