"""Clips and reels that are asked for: begun at once, followed without waiting, and told of when they fail."""

import time

import pytest

from smolvlm_core.errors import ClipError, HighlightNotFound
from smolvlm_core.jobs.renders import Look
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.sessions import SessionManager
from smolvlm_core.jobs.views import FILM_READY, FilmState, FilmView
from smolvlm_core.video.framing import Aspect
from tests.jobs.conftest import until
from tests.jobs.studio import Studio
from tests.movies import read_movie


def made(service: JobService, session_id: str) -> None:
    """Asks for the first clip until it is there."""
    until(lambda: service.films.ask_for_clip(session_id, "h1") == FILM_READY)


def test_who_asks_does_not_wait_and_is_told_how_far_it_is(
    service: JobService, session_id: str, studio: Studio
) -> None:
    service.films.ask_for_clip(session_id, "h1")
    assert studio.entered.wait(10)
    assert service.films.ask_for_clip(session_id, "h1") == FilmView(FilmState.MAKING, 25.0)
    assert service.films.ask_for_reel(session_id) == FilmView(FilmState.WAITING, 0.0)
    studio.opened.set()
    made(service, session_id)
    assert service.films.clip(session_id, "h1").path in studio.made
    assert studio.made.count(service.films.clip(session_id, "h1").path) == 1


def test_the_share_grows_while_a_reel_is_encoded(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, seen = Look(Aspect.SQUARE), []
    end_s = time.monotonic() + 30
    while (view := service.films.ask_for_reel(session_id, look)).state is not FilmState.READY:
        assert time.monotonic() < end_s
        seen.append(view.percent)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert read_movie(service.films.reel(session_id, look).path).duration_s == pytest.approx(3.5, abs=0.002)


def test_a_film_that_is_finished_while_one_asks_is_there(
    service: JobService, session_id: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its bar would fall back to nothing for a moment."""
    studio.opened.set()
    look_for_room = SessionManager.require_room

    def finish_meanwhile(sessions: SessionManager) -> None:
        monkeypatch.setattr(SessionManager, "require_room", look_for_room)
        service.films.clip(session_id, "h1")

    monkeypatch.setattr(SessionManager, "require_room", finish_meanwhile)
    assert service.films.ask_for_clip(session_id, "h1") == FILM_READY
    assert studio.made.count(service.films.clip(session_id, "h1").path) == 1


def test_a_failure_is_told_once_and_then_tried_again(service: JobService, session_id: str, studio: Studio) -> None:
    studio.error = ClipError("It broke.")
    studio.opened.set()
    with pytest.raises(ClipError, match="It broke"):
        made(service, session_id)
    studio.error = None
    made(service, session_id)


def test_what_nobody_foresaw_ends_the_making_too(service: JobService, session_id: str, studio: Studio) -> None:
    """Else whoever asks would have it begun again and again."""
    studio.error = OSError(28, "No space left on device")
    studio.opened.set()
    with pytest.raises(OSError, match="No space"):
        made(service, session_id)


def test_a_failure_of_before_is_not_told_of_a_film_that_is_there(
    service: JobService, session_id: str, studio: Studio
) -> None:
    studio.error = ClipError("It broke.")
    studio.opened.set()
    with pytest.raises(ClipError):
        service.films.clip(session_id, "h1")
    studio.error = None
    service.films.clip(session_id, "h1")
    assert service.films.ask_for_clip(session_id, "h1") == FILM_READY


def test_all_clips_are_followed_as_one(service: JobService, session_id: str, studio: Studio) -> None:
    service.films.ask_for_clips(session_id)
    assert studio.entered.wait(10)
    assert service.films.ask_for_clips(session_id) == FilmView(FilmState.MAKING, 25.0 / 3)
    studio.opened.set()
    until(lambda: service.films.ask_for_clips(session_id) == FILM_READY)
    assert len(studio.made) == 3


def test_a_clip_that_cannot_be_made_does_not_hold_up_the_others(
    service: JobService, session_id: str, studio: Studio
) -> None:
    studio.error = ClipError("It broke.")
    studio.opened.set()
    until(lambda: service.films.ask_for_clips(session_id) == FILM_READY)
    with pytest.raises(ClipError, match="It broke"):
        service.films.ask_for_clip(session_id, "h1")


def test_what_there_is_no_clip_of(service: JobService, session_id: str) -> None:
    with pytest.raises(HighlightNotFound):
        service.films.ask_for_clip(session_id, "h4")
