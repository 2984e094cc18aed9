"""The named functions, through ``gradio_client`` as a user's script calls them."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import ModelUnavailable
from tests.clips import write_empty
from tests.ui.conftest import Site

WAIT_S = 20.0

pytestmark = pytest.mark.filterwarnings(
    # Gradio's queue statistics use pandas options that pandas 3 deprecates.
    "ignore::pandas.errors.Pandas4Warning"
)


@pytest.fixture
def client(site: Site) -> Client:
    return Client(site.url, verbose=False)


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def test_highlights_come_back_as_json(site: Site, client: Client, clip_path: Path) -> None:
    results = client.predict(video=handle_file(str(clip_path)), segment_duration=4, api_name="/analyze_highlights")
    assert results["analysis_type"] == "highlights"
    assert results["highlights_found"] == 1
    assert 6.4 <= results["highlights"][0]["significance_score"] < 7  # all meaning, and a little movement
    assert results["highlights"][0]["description"] == "A ball rolls by."
    assert results["settings"]["segment_duration"] == 4
    assert results["model"]["backend"] == "scripted"


def test_workout_comes_back_as_json(client: Client, clip_path: Path) -> None:
    results = client.predict(video=handle_file(str(clip_path)), api_name="/analyze_workout")
    assert results["analysis_type"] == "workout_with_timestamps"
    assert results["segment_analyses"]
    assert results["summary"]["video_duration_formatted"] == "00:12"


def test_parameters_reach_the_analysis(site: Site, client: Client, clip_path: Path) -> None:
    results = client.predict(
        video=handle_file(str(clip_path)),
        min_significance=4,
        thoroughness="fast",
        max_reel_duration=30,
        max_highlights=1,
        segment_duration=4.0,
        system_prompt="Be brief.",
        user_prompt="Goals",
        api_name="/analyze_highlights",
    )
    assert results["settings"] == {
        "analysis_type": "highlights",
        "min_significance": 4,
        "max_highlights": 1,
        "segment_duration": 4.0,
        "system_prompt": "Be brief.",
        "user_prompt": "Goals",
        "thoroughness": "fast",
        "max_reel_duration": 30.0,
    }
    assert {criteria.user_prompt for _, _, criteria in site.engine.model.calls} == {"Goals"}


def test_nothing_is_left_behind(site: Site, client: Client, clip_path: Path) -> None:
    client.predict(video=handle_file(str(clip_path)), api_name="/analyze_highlights")
    assert site.sessions_on_disk() == set()
    assert site.service.load().sessions == 0


def test_progress_shows_in_the_jobs_status(site: Site, client: Client, clip_path: Path) -> None:
    go_on = threading.Event()

    def hold(check: CheckCancelled) -> None:
        go_on.wait(WAIT_S)
        check()

    site.engine.model.before_reply = hold
    job = client.submit(video=handle_file(str(clip_path)), segment_duration=4, api_name="/analyze_highlights")
    eventually(lambda: any("segment" in (unit.desc or "").lower() for unit in job.status().progress_data or []))
    go_on.set()
    assert job.result(timeout=WAIT_S)["highlights_found"] == 1


def test_a_cancelled_job_cancels_the_task_and_leaves_nothing(site: Site, client: Client, clip_path: Path) -> None:
    def crawl(check: CheckCancelled) -> None:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            check()
            time.sleep(0.02)

    site.engine.model.before_reply = crawl
    job = client.submit(video=handle_file(str(clip_path)), segment_duration=4, api_name="/analyze_highlights")
    eventually(lambda: site.service.load().running == 1 and site.engine.model.calls)
    job.cancel()
    eventually(lambda: site.service.load().running == 0 and not site.sessions_on_disk())


def test_a_file_that_is_no_video_is_refused_in_words(site: Site, client: Client, tmp_path: Path) -> None:
    empty = write_empty(tmp_path / "nothing.mp4")
    with pytest.raises(AppError) as caught:
        client.predict(video=handle_file(str(empty)), api_name="/analyze_highlights")
    assert "/" not in str(caught.value)
    assert len(str(caught.value)) > 20
    assert site.sessions_on_disk() == set()


def test_a_missing_file_is_refused_in_words(client: Client) -> None:
    with pytest.raises(AppError, match="video"):
        client.predict(video=None, api_name="/analyze_workout")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_significance", 11),
        ("min_significance", 2.5),
        ("min_significance", "high"),
        ("max_highlights", 0),
        ("segment_duration", 0),
        ("segment_duration", 10_000),
        ("user_prompt", 3),
        ("thoroughness", "thorough"),
        ("thoroughness", ""),
        ("thoroughness", 1),
        ("max_reel_duration", -1),
        ("max_reel_duration", 100_000),
    ],
)
def test_a_parameter_out_of_range_is_named(client: Client, clip_path: Path, field: str, value: object) -> None:
    with pytest.raises(AppError, match=field) as caught:
        client.predict(video=handle_file(str(clip_path)), api_name="/analyze_highlights", **{field: value})
    assert "allowed" in str(caught.value)


def test_a_failed_analysis_says_why(
    site: Site, client: Client, clip_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_order(*_: object) -> NoReturn:
        raise ModelUnavailable("The model is out of order.")

    monkeypatch.setattr(site.engine, "acquire", out_of_order)
    with pytest.raises(AppError, match="out of order"):
        client.predict(video=handle_file(str(clip_path)), api_name="/analyze_highlights")
    assert site.sessions_on_disk() == set()


def test_only_the_two_functions_are_public_and_documented(client: Client) -> None:
    info = client.view_api(return_format="dict", print_info=False)
    assert set(info["named_endpoints"]) == {"/analyze_highlights", "/analyze_workout"}
    assert not info["unnamed_endpoints"]
    highlights = info["named_endpoints"]["/analyze_highlights"]
    assert "stand out" in highlights["description"]
    assert "Args" not in highlights["description"]
    names = [parameter["parameter_name"] for parameter in highlights["parameters"]]
    assert names == [
        "video",
        "min_significance",
        "max_highlights",
        "segment_duration",
        "system_prompt",
        "user_prompt",
        "thoroughness",
        "max_reel_duration",
    ]
    types = [parameter["python_type"]["type"] for parameter in highlights["parameters"]]
    assert types == ["filepath", "int", "int", "float", "str", "str", "str", "float"]
    defaults = [parameter["parameter_default"] for parameter in highlights["parameters"]]
    assert defaults == [None, 6, 10, 15.0, "", "", "balanced", 0.0]
    assert all(parameter["python_type"]["description"] for parameter in highlights["parameters"])


def test_a_path_on_the_server_is_no_upload(site: Site, clip_path: Path) -> None:
    import httpx

    for record in ({"path": str(clip_path)}, {"path": str(clip_path), "meta": {"_type": "gradio.FileData"}}):
        call = httpx.post(f"{site.url}gradio_api/call/analyze_workout", json={"data": [record, 15, "", ""]})
        answer = httpx.get(f"{site.url}gradio_api/call/analyze_workout/{call.json()['event_id']}", timeout=WAIT_S)
        assert answer.text.startswith("event: error")
        assert site.sessions_on_disk() == set()
