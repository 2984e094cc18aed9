"""Stills of a session's video: made once, bounded, counted as disk space, gone with their session."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from smolvlm_core.domain import Limits
from smolvlm_core.errors import DiskBudgetSpent, PictureNotFound, RendererBusy, SessionNotFound
from smolvlm_core.jobs import pictures
from smolvlm_core.jobs.service import JobService
from tests.clips import ClipSpec, read_time_code, time_code, write_clip
from tests.services import make_service


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds that show their own time."""
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", ClipSpec(picture=time_code, duration_s=8.0))


@pytest.fixture
def service(tmp_path: Path) -> JobService:
    return make_service(tmp_path / "data")


@pytest.fixture
def session_id(service: JobService, coded: Path) -> str:
    return service.adopt(coded, "coded.mp4").session_id


def shown_s(path: Path) -> float:
    bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return read_time_code(bgr[:, :, ::-1].astype(np.uint8))


def test_a_picture_shows_its_time_and_is_made_once(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = service.picture(session_id, 3.2)
    assert shown_s(path) == pytest.approx(3.2, abs=0.05)
    monkeypatch.setattr(pictures, "thumbnails", lambda *_: pytest.fail("made again"))
    assert service.picture(session_id, 3.2001) == path


def test_after_the_end_there_is_the_last_picture(service: JobService, session_id: str) -> None:
    assert service.picture(session_id, 100.0) == service.picture(session_id, 1e6)
    assert shown_s(service.picture(session_id, 100.0)) == pytest.approx(7.9, abs=0.11)


def test_where_there_is_none_nobody_looks_twice(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def nothing(*asked: object) -> tuple[None]:
        looked.append(asked)
        return (None,)

    monkeypatch.setattr(pictures, "thumbnails", nothing)
    for _ in range(2):
        with pytest.raises(PictureNotFound):
            service.picture(session_id, 1.0)
    assert len(looked) == 1
    monkeypatch.setattr(pictures, "AGAIN_AFTER_S", -1.0)
    with pytest.raises(PictureNotFound):
        service.picture(session_id, 1.0)
    assert len(looked) == 2, "much later the machine may be less busy"


def test_the_oldest_go_and_all_count_as_used_disk(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "KEPT_MOST", 2)
    before = service.load().disk_used_bytes
    first, second, third = (service.picture(session_id, time_s) for time_s in (1.0, 2.0, 3.0))
    assert [path.exists() for path in (first, second, third)] == [False, True, True]
    assert service.load().disk_used_bytes == before + second.stat().st_size + third.stat().st_size


def test_none_is_made_when_the_disk_budget_is_spent(tmp_path: Path, coded: Path) -> None:
    service = make_service(tmp_path, limits=Limits(disk_budget_bytes=coded.stat().st_size))
    session_id = service.adopt(coded, "coded.mp4").session_id
    service.picture(session_id, 1.0)
    with pytest.raises(DiskBudgetSpent):
        service.picture(session_id, 2.0)
    assert service.picture(session_id, 1.0).exists(), "what is there is shown"


def test_only_so_many_requests_wait(service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slowly(*_: object) -> tuple[bytes]:
        entered.set()
        assert go_on.wait(10)
        return (b"jpeg",)

    monkeypatch.setattr(pictures, "thumbnails", slowly)
    monkeypatch.setattr(pictures, "WAIT_S", 0.05)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(service.picture, session_id, 1.0)
        assert entered.wait(10)
        with pytest.raises(RendererBusy):
            service.picture(session_id, 2.0)
        go_on.set()
        assert made.result(10).read_bytes() == b"jpeg"
    assert service.picture(session_id, 2.0).exists()


def test_pictures_die_with_their_session(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = service.video_path(session_id).parent

    def meanwhile(*_: object) -> tuple[bytes]:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        return (b"jpeg",)

    monkeypatch.setattr(pictures, "thumbnails", meanwhile)
    with pytest.raises(SessionNotFound):
        service.picture(session_id, 1.0)
    assert not folder.exists()
    with pytest.raises(SessionNotFound):
        service.picture("../etc", 1.0)
