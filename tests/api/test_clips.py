"""Clips, reels and all of them at once, as a browser and a script fetch them."""

import asyncio
import io
import json
import uuid
import zipfile
from pathlib import Path

import httpx
import pytest

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.api.zips import Member, zip_stream
from smolvlm_core.domain import Span
from smolvlm_core.errors import ClipError, NothingToCut
from smolvlm_core.jobs import renders
from smolvlm_core.jobs.service import JobService
from tests.api.conftest import files_under
from tests.clips import ClipSpec, time_code, tone, write_clip
from tests.highlights import highlights_of
from tests.movies import read_movie
from tests.services import finished
from tests.workouts import workout

VIDEO = "/api/v1/video"
REPORT = highlights_of(Span(4.05, 5.05), Span(1.05, 2.55))


@pytest.fixture(scope="session")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = ClipSpec(picture=time_code, duration_s=8.0, gop_frames=1000, sound=tone())
    return write_clip(tmp_path_factory.mktemp("clips") / "Übung 1.mp4", spec)


@pytest.fixture
def session_id(working_service: JobService, coded: Path) -> str:
    return finished(working_service, coded, REPORT)


async def test_a_clip_is_a_video_with_a_name(
    working_client: httpx.AsyncClient, session_id: str, tmp_path: Path
) -> None:
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}/h2")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"Ubung 1 h2.mp4\"; filename*=UTF-8''%C3%9Cbung%201%20h2.mp4"
    )
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"
    (tmp_path / "clip.mp4").write_bytes(answer.content)
    movie = read_movie(tmp_path / "clip.mp4")
    assert movie.codes_s[0] == pytest.approx(1.0, abs=0.011)
    assert movie.duration_s == pytest.approx(1.5, abs=0.002)


async def test_a_player_seeks_by_range(working_client: httpx.AsyncClient, session_id: str) -> None:
    for path in (f"clips/{session_id}/h1", f"reel/{session_id}"):
        whole = (await working_client.get(f"{VIDEO}/{path}")).content
        part = await working_client.get(f"{VIDEO}/{path}", headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, whole[100:200])
        assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
        beyond = await working_client.get(f"{VIDEO}/{path}", headers={"Range": f"bytes={len(whole)}-"})
        assert beyond.status_code == 416


async def test_a_clip_is_sent_again_only_after_another_analysis(
    working_client: httpx.AsyncClient, working_service: JobService, session_id: str
) -> None:
    url = f"{VIDEO}/clips/{session_id}/h1"
    known = {"If-None-Match": (await working_client.get(url)).headers["etag"]}
    again = await working_client.get(url, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known["If-None-Match"])
    other = highlights_of(Span(6.0, 7.5))
    working_service.results_path(session_id).write_text(json.dumps(other), encoding="utf-8")
    assert (await working_client.get(url, headers=known)).status_code == 200


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("aspect=original", (160, 96)),
        ("aspect=9:16", (54, 96)),
        ("aspect=9%3A16&captions=true", (54, 96)),
        ("aspect=1:1&captions=false", (96, 96)),
    ],
)
async def test_looks(
    working_client: httpx.AsyncClient, session_id: str, query: str, size: tuple[int, int], tmp_path: Path
) -> None:
    for path in (f"clips/{session_id}/h1", f"reel/{session_id}"):
        answer = await working_client.get(f"{VIDEO}/{path}?{query}")
        (tmp_path / "clip.mp4").write_bytes(answer.content)
        assert read_movie(tmp_path / "clip.mp4").size == size


async def test_captions_show(working_client: httpx.AsyncClient, session_id: str) -> None:
    plain, with_words = [
        (await working_client.get(f"{VIDEO}/clips/{session_id}/h1?captions={wanted}")).content
        for wanted in ("false", "true")
    ]
    assert plain != with_words


async def test_a_reel_keeps_to_its_length(
    working_client: httpx.AsyncClient, session_id: str, tmp_path: Path
) -> None:
    for query, length_s in (("", 2.5), ("?max_reel_duration=0", 2.5), ("?max_reel_duration=2", 1.0)):
        answer = await working_client.get(f"{VIDEO}/reel/{session_id}{query}")
        assert answer.headers["content-type"] == "video/mp4"
        (tmp_path / "reel.mp4").write_bytes(answer.content)
        assert read_movie(tmp_path / "reel.mp4").duration_s == pytest.approx(length_s, abs=0.002)


# -- All at once ----------------------------------------------------------------------------


async def test_all_clips_come_in_one_archive(working_client: httpx.AsyncClient, session_id: str) -> None:
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}?aspect=1:1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Ubung 1.zip\"; filename*=UTF-8''%C3%9Cbung%201.zip"
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["01 Übung 1 h1 1x1.mp4", "02 Übung 1 h2 1x1.mp4"]
        for number, name in enumerate(archive.namelist(), 1):
            clip = await working_client.get(f"{VIDEO}/clips/{session_id}/h{number}?aspect=1:1")
            assert archive.read(name) == clip.content


async def test_a_clip_that_cannot_be_made_is_named_in_the_archive(
    working_client: httpx.AsyncClient, working_service: JobService, coded: Path
) -> None:
    session_id = finished(working_service, coded, highlights_of(Span(1.0, 2.0), Span(20.0, 21.0), Span(3.0, 4.0)))
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["01 Übung 1 h1.mp4", "03 Übung 1 h3.mp4", "missing.txt"]
        assert archive.read("missing.txt").decode().startswith("h2: The video has no picture at this moment")


async def test_where_the_first_fails_the_archive_is_a_problem(
    working_client: httpx.AsyncClient, working_service: JobService, coded: Path
) -> None:
    session_id = finished(working_service, coded, highlights_of(Span(20.0, 21.0), Span(1.0, 2.0)))
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_cut")


def test_an_archive_is_sent_while_it_is_written(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * 8_000)
    asked: list[str] = []

    def members() -> list[Member]:
        return [Member("a/ä.mp4", large), Member("note.txt", b"words")]

    parts = []
    for part in zip_stream(asked.append(member.name) or member for member in members()):  # type: ignore[func-returns-value]
        parts.append(part)
        if len(parts) == 2:
            assert asked == ["a/ä.mp4"]
    assert max(len(part) for part in parts) < 300_000
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        assert archive.read("a/ä.mp4") == large.read_bytes()
        assert archive.read("note.txt") == b"words"


# -- Problems -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["clips/{}/h1", "reel/{}", "clips/{}"])
async def test_no_clip_before_the_analysis_is_completed(client: httpx.AsyncClient, clip: bytes, path: str) -> None:
    answer = await client.post(f"{VIDEO}/upload", files={"video": ("a.mp4", clip)})
    answer = await client.get(f"{VIDEO}/{path.format(answer.json()['session_id'])}")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_completed")
    assert answer.json()["session_status"] == "uploaded"
    answer = await client.get(f"{VIDEO}/{path.format(uuid.uuid4())}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("path", ["clips/{}/h1", "reel/{}", "clips/{}"])
async def test_a_workout_has_no_clips(
    working_client: httpx.AsyncClient, working_service: JobService, coded: Path, path: str
) -> None:
    session_id = finished(working_service, coded, workout_report(workout()))
    answer = await working_client.get(f"{VIDEO}/{path.format(session_id)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "highlight_not_found")


async def test_an_unknown_highlight_is_a_problem(working_client: httpx.AsyncClient, session_id: str) -> None:
    for unknown in ("h3", "H1", "1", "%2e%2e", "h1.mp4", "x" * 500):
        answer = await working_client.get(f"{VIDEO}/clips/{session_id}/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "highlight_not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("aspect=4:3", "aspect"),
        ("captions=perhaps", "captions"),
        ("max_reel_duration=-1", "max_reel_duration"),
        ("max_reel_duration=nan", "max_reel_duration"),
        ("max_reel_duration=1e9", "max_reel_duration"),
    ],
)
async def test_a_parameter_out_of_range_is_named(
    working_client: httpx.AsyncClient, session_id: str, query: str, field: str
) -> None:
    answer = await working_client.get(f"{VIDEO}/reel/{session_id}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_what_breaks_is_a_problem(
    working_client: httpx.AsyncClient, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ClipError("The clip cannot be written.")

    monkeypatch.setattr(renders, "cut_clip", broken)
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}/h1")
    assert (answer.status_code, answer.json()["code"]) == (500, "clip_error")
    monkeypatch.setattr(renders, "WAITING_MOST", 0)
    answer = await working_client.get(f"{VIDEO}/clips/{session_id}/h1")
    assert (answer.status_code, answer.json()["code"]) == (503, "renderer_busy")
    assert answer.headers["retry-after"] == "10"


async def test_a_client_that_goes_away_breaks_nothing(
    working_client: httpx.AsyncClient, session_id: str, tmp_path: Path
) -> None:
    url = f"{VIDEO}/reel/{session_id}?aspect=1:1"
    asked = asyncio.create_task(working_client.get(url))
    await asyncio.sleep(0.05)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    (tmp_path / "reel.mp4").write_bytes((await working_client.get(url)).content)
    assert read_movie(tmp_path / "reel.mp4").duration_s == pytest.approx(2.5, abs=0.002)
    assert not [name for name in files_under(tmp_path) if name.endswith(".partial")]


@pytest.mark.parametrize("path", ["clips/{}/h1?aspect=1:1", "reel/{}?captions=true", "clips/{}"])
async def test_a_film_is_asked_for_and_followed_until_it_is_there(
    working_client: httpx.AsyncClient, session_id: str, path: str
) -> None:
    url = f"{VIDEO}/{path.format(session_id)}"
    told = []
    for _ in range(600):
        answer = await working_client.post(url)
        assert answer.status_code == 200
        assert answer.json()["session_id"] == session_id
        told.append((answer.json()["progress"], answer.json()["status"]))
        if told[-1][1] == "ready":
            break
        await asyncio.sleep(0.05)
    assert told[-1] == (100.0, "ready")
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert {status for _, status in told} <= {"waiting", "making", "ready"}
    assert (await working_client.get(url)).status_code == 200


async def test_what_cannot_be_made_is_said_to_who_asks(
    working_client: httpx.AsyncClient, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NothingToCut("It broke.")

    monkeypatch.setattr(renders, "cut_clip", fail)
    for _ in range(100):
        answer = await working_client.post(f"{VIDEO}/clips/{session_id}/h1")
        if answer.status_code != 200:
            break
        await asyncio.sleep(0.05)
    assert (answer.status_code, answer.json()["detail"]) == (422, "It broke.")
    assert (await working_client.post(f"{VIDEO}/clips/{session_id}/h9")).status_code == 404
    assert (await working_client.post(f"{VIDEO}/reel/{uuid.uuid4()}")).status_code == 404
