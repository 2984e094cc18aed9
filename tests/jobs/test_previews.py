"""A preview is made once, beside everything else, counts as disk space, and goes with its session."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smolvlm_core.domain import CheckCancelled, Limits, Status
from smolvlm_core.errors import (
    ClipError,
    DiskBudgetSpent,
    NothingToCut,
    PreviewNotReady,
    RendererBusy,
    ServiceClosing,
    SessionNotFound,
    SmolVLMError,
)
from smolvlm_core.jobs import preview_process, previews
from smolvlm_core.jobs.preview_process import PreviewOrder
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import PreviewState
from smolvlm_core.video.reel import ReportShare
from tests.jobs.conftest import CODED, WAIT_S, until
from tests.jobs.studio import Workshop
from tests.movies import read_movie
from tests.services import HIGHLIGHTS, make_service, running_service


@pytest.fixture
def session_id(service: JobService, hevc: Path) -> str:
    return service.adopt(hevc, hevc.name).session_id


class Studio(Workshop):
    """In place of the process."""

    def __init__(self, service: JobService) -> None:
        super().__init__()
        service.previews.make = self.make

    def make(self, order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
        report(0.25)
        self.work(order.target, check)


@pytest.fixture
def studio(service: JobService) -> Iterator[Studio]:
    studio = Studio(service)
    yield studio
    studio.opened.set()


def is_ready(service: JobService, session_id: str) -> bool:
    return service.session(session_id).preview.state is PreviewState.READY


# -- The real thing ---------------------------------------------------------------------------


def test_an_upload_that_needs_one_gets_a_preview(service: JobService, session_id: str) -> None:
    before = service.session(session_id).preview
    assert (before.needed, before.state) == (True, PreviewState.NONE)
    assert before.reason == "Most browsers cannot play HEVC video."
    service.prepare_preview(session_id)
    assert service.session(session_id).preview.state in (PreviewState.WAITING, PreviewState.MAKING)
    until(lambda: is_ready(service, session_id))
    movie = service.preview(session_id)
    assert movie.filename == "coded preview.mp4"
    shown = read_movie(movie.path)
    assert shown.video_codec == "h264"
    assert shown.codes_s == pytest.approx(list(CODED.frame_times_s), abs=0.011)
    assert service.session(session_id).preview.percent == 100.0
    assert sorted(path.name for path in movie.path.parent.iterdir()) == ["preview.mp4", "video.mp4"]


def test_a_video_that_plays_as_it_is_gets_one_only_when_asked(service: JobService, clip: Path) -> None:
    session_id = service.adopt(clip, clip.name).session_id
    service.prepare_preview(session_id)
    found = service.session(session_id).preview
    assert (found.needed, found.state) == (False, PreviewState.NONE)
    service.ask_for_preview(session_id)
    until(lambda: is_ready(service, session_id))


def test_a_video_without_a_picture_is_told(service: JobService, session_id: str) -> None:
    path = service.video_path(session_id)
    data = path.read_bytes()
    path.unlink()  # a hard link to the clip of the other tests
    path.write_bytes(data.replace(b"hvcC", b"xxxx"))
    service.ask_for_preview(session_id)
    until(lambda: service.session(session_id).preview.state is PreviewState.FAILED)
    with pytest.raises(SmolVLMError) as caught:
        service.preview(session_id)
    assert isinstance(caught.value, NothingToCut | ClipError)


# -- Asking -----------------------------------------------------------------------------------


def test_who_asks_is_told_how_far_it_is(service: JobService, session_id: str, studio: Studio) -> None:
    assert service.ask_for_preview(session_id).state in (PreviewState.WAITING, PreviewState.MAKING)
    assert studio.entered.wait(10)
    found = service.ask_for_preview(session_id)
    assert (found.state, found.percent) == (PreviewState.MAKING, 25.0)
    with pytest.raises(PreviewNotReady, match="25 %"):
        service.preview(session_id)
    studio.opened.set()
    until(lambda: is_ready(service, session_id))
    assert studio.made == [service.preview(session_id).path]


def test_one_is_made_at_a_time_and_the_others_wait(service: JobService, hevc: Path, studio: Studio) -> None:
    ids = [service.adopt(hevc, hevc.name).session_id for _ in range(3)]
    for one in ids:
        service.ask_for_preview(one)
    assert studio.entered.wait(10)
    assert [service.session(one).preview.state.value for one in ids] == ["making", "waiting", "waiting"]
    studio.opened.set()
    until(lambda: all(is_ready(service, one) for one in ids))
    assert studio.most_at_once == 1


def test_an_analysis_does_not_wait_for_it(service: JobService, session_id: str, studio: Studio) -> None:
    service.ask_for_preview(session_id)
    assert studio.entered.wait(10)
    service.start_analysis(session_id, HIGHLIGHTS)
    assert service.wait(session_id, WAIT_S).status is Status.COMPLETED
    assert service.session(session_id).preview.state is PreviewState.MAKING


def test_another_analysis_keeps_it(service: JobService, session_id: str, studio: Studio) -> None:
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: is_ready(service, session_id))
    path = service.preview(session_id).path
    service.start_analysis(session_id, HIGHLIGHTS)
    service.wait(session_id, WAIT_S)
    assert service.preview(session_id).path == path
    assert len(studio.made) == 1


def test_only_so_many_are_queued(
    service: JobService, hevc: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "QUEUED_MOST", 1)
    first, second = (service.adopt(hevc, hevc.name).session_id for _ in range(2))
    service.ask_for_preview(first)
    with pytest.raises(RendererBusy):
        service.ask_for_preview(second)
    service.prepare_preview(second)  # an upload is none the worse for it
    assert service.session(second).preview.state is PreviewState.NONE


def test_an_error_is_kept_for_a_while_and_then_tried_again(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.error = ClipError("It broke.")
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: service.session(session_id).preview.state is PreviewState.FAILED)
    found = service.ask_for_preview(session_id)
    assert found.state is PreviewState.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.message) == ("clip_error", "It broke.")
    with pytest.raises(ClipError, match="It broke"):
        service.preview(session_id)
    studio.error = None
    monkeypatch.setattr(previews, "FAILED_FOR_S", 0.0)
    service.ask_for_preview(session_id)
    until(lambda: is_ready(service, session_id))


@pytest.mark.logs_errors
def test_a_defect_is_logged_and_told_in_plain_words(
    service: JobService, session_id: str, studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.error = RuntimeError("/secret/path")
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: service.session(session_id).preview.state is PreviewState.FAILED)
    error = service.session(session_id).preview.error
    assert error is not None
    assert error.message == preview_process.CANNOT_MAKE
    assert "preview_broke" in caplog.text


def test_there_is_no_preview_of_nothing(service: JobService) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for ask in (service.ask_for_preview, service.preview):
        with pytest.raises(SessionNotFound):
            ask(nobody)
    service.prepare_preview(nobody)


# -- Room -------------------------------------------------------------------------------------


def test_previews_count_as_used_disk(service: JobService, session_id: str, studio: Studio) -> None:
    before = service.load().disk_used_bytes
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: is_ready(service, session_id))
    assert service.load().disk_used_bytes == before + 500
    service.delete(session_id)
    assert service.load().disk_used_bytes == 0


def test_none_is_made_when_the_disk_budget_is_spent(tmp_path: Path, hevc: Path) -> None:
    data_dir = tmp_path / "data"
    with running_service(data_dir) as service:
        kept, other = (service.adopt(hevc, hevc.name).session_id for _ in range(2))
        Studio(service).opened.set()
        service.ask_for_preview(kept)
        until(lambda: is_ready(service, kept))
    tight = make_service(data_dir, limits=Limits(disk_budget_bytes=hevc.stat().st_size))
    with pytest.raises(DiskBudgetSpent):
        tight.ask_for_preview(other)
    tight.prepare_preview(other)
    assert tight.preview(kept).path.exists(), "what is there is shown"


def test_a_full_disk_breaks_nothing(service: JobService, session_id: str, studio: Studio) -> None:
    studio.error = OSError(28, "No space left on device")
    studio.opened.set()

    def full(order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
        order.target.with_name("preview.1.partial").write_bytes(b"half")
        raise ClipError("The clip cannot be written.")

    service.previews.make = full
    service.ask_for_preview(session_id)
    until(lambda: service.session(session_id).preview.state is PreviewState.FAILED)
    assert [path.name for path in service.video_path(session_id).parent.iterdir()] == ["video.mp4"]


def test_what_killed_processes_left_goes_with_the_next_one(
    service: JobService, session_id: str, studio: Studio
) -> None:
    folder = service.video_path(session_id).parent
    old, new = folder / "preview.a.partial", folder / "preview.b.partial"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    service.ask_for_preview(session_id)
    assert studio.entered.wait(10)
    assert [old.exists(), new.exists()] == [False, True], "another process may be writing it"


# -- Ends -------------------------------------------------------------------------------------


def test_a_finished_file_of_a_process_that_died_is_taken(service: JobService, session_id: str) -> None:
    path = service.video_path(session_id).with_name("preview.mp4")
    path.write_bytes(b"movie")
    assert service.ask_for_preview(session_id).state is PreviewState.READY
    assert service.preview(session_id).path == path
    assert service.load().disk_used_bytes == service.session(session_id).video.size_bytes + 5


def test_a_file_that_went_missing_is_made_again(service: JobService, session_id: str, studio: Studio) -> None:
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: is_ready(service, session_id))
    service.preview(session_id).path.unlink()
    with pytest.raises(PreviewNotReady):
        service.preview(session_id)
    until(lambda: len(studio.made) == 2)


def test_deleting_stops_what_is_being_made(service: JobService, session_id: str, studio: Studio) -> None:
    service.ask_for_preview(session_id)
    assert studio.entered.wait(10)
    folder = service.video_path(session_id).parent
    service.delete(session_id)
    assert not folder.exists()
    assert not studio.made
    until(lambda: studio.at_once == 0)


def test_deleting_takes_one_out_of_the_queue(service: JobService, hevc: Path, studio: Studio) -> None:
    first, second = (service.adopt(hevc, hevc.name).session_id for _ in range(2))
    service.ask_for_preview(first)
    service.ask_for_preview(second)
    assert studio.entered.wait(10)
    begun_s = time.monotonic()
    service.delete(second)
    assert time.monotonic() - begun_s < 2.0, "nobody waits for the other one"
    studio.opened.set()
    until(lambda: is_ready(service, first))
    assert len(studio.made) == 1


def test_closing_stops_it_and_the_next_process_makes_it(tmp_path: Path, hevc: Path) -> None:
    with running_service(tmp_path / "data") as service:
        session_id = service.adopt(hevc, hevc.name).session_id
        studio = Studio(service)
        service.ask_for_preview(session_id)
        assert studio.entered.wait(10)
        service.announce_end()
        with pytest.raises(ServiceClosing):
            service.ask_for_preview(service.adopt(hevc, hevc.name).session_id)
    assert not studio.made
    with running_service(tmp_path / "data") as service:
        assert service.session(session_id).preview.state is PreviewState.NONE
        Studio(service).opened.set()
        service.ask_for_preview(session_id)
        until(lambda: is_ready(service, session_id))


def test_a_session_deleted_elsewhere_leaves_no_folder(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process of the fleet deleted it between its last look and the end of the work."""
    monkeypatch.setattr("smolvlm_core.jobs.sessions.SessionManager.note_preview", lambda *_: False)
    folder = service.video_path(session_id).parent
    studio.opened.set()
    service.ask_for_preview(session_id)
    until(lambda: not folder.exists())


def test_a_session_of_an_older_version_has_none_yet(tmp_path: Path, hevc: Path) -> None:
    import sqlalchemy as sa

    data_dir = tmp_path / "data"
    with running_service(data_dir) as service:
        session_id = service.adopt(hevc, hevc.name).session_id
    engine = sa.create_engine(f"sqlite:///{data_dir / 'jobs.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions DROP COLUMN preview_bytes")
        connection.exec_driver_sql("UPDATE sessions SET video = json_remove(video, '$.pixels', '$.audio_codec')")
    engine.dispose()
    with running_service(data_dir) as service:
        found = service.session(session_id).preview
        assert (found.needed, found.state) == (True, PreviewState.NONE)
        Studio(service).opened.set()
        service.ask_for_preview(session_id)
        until(lambda: is_ready(service, session_id))
