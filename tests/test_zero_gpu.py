"""The whole app as on ZeroGPU: the real ``spaces`` package over a scheduler of ours, computing on the CPU."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import expect, sync_playwright

from benchmarks.serve import Server, start
from smolvlm_core.models.zero_gpu.model import MOST_S
from smolvlm_core.models.zero_gpu.unit import START_S
from smolvlm_core.ui.visitors import TOKEN_HEADER
from tests.clips import ClipSpec, moving_ball, write_clip
from tests.zero_gpu import Refusal, Scheduler, scheduler

WAIT_S = 120.0
SEGMENTS = 4
COMMAND = ("-m", "tests.on_zero_gpu")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
OUT_OF_QUOTA = Refusal(429, left_s=3, wait="PT5H12M", auth=None)

pytestmark = pytest.mark.slow


@dataclass
class Space:
    """The running app and its scheduler."""

    server: Server
    scheduler: Scheduler
    clip: Path

    @property
    def api(self) -> str:
        return f"{self.server.base_url}/api/v1/video"

    def analysis_of(self, token: str | None) -> str:
        """The id of a session whose analysis a visitor has asked for over REST."""
        headers = {TOKEN_HEADER: token} if token else {}
        files = {"video": (self.clip.name, self.clip.read_bytes())}
        uploaded = httpx.post(f"{self.api}/upload", files=files, headers=headers, timeout=30).json()
        form = {"analysis_type": "highlights", "min_significance": 1, "segment_duration": 3}
        url = f"{self.api}/analyze/{uploaded['session_id']}"
        assert httpx.post(url, data=form, headers=headers, timeout=30).status_code == 200
        return str(uploaded["session_id"])

    def progress(self, session_id: str) -> dict[str, Any]:
        progress: dict[str, Any] = httpx.get(f"{self.api}/progress/{session_id}", timeout=30).json()
        return progress

    def finished(self, session_id: str) -> dict[str, Any]:
        eventually(lambda: self.progress(session_id)["status"] != "analyzing")
        return self.progress(session_id)


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = ClipSpec(duration_s=12.0, fps=Fraction(8), width=160, height=90, picture=moving_ball(period_s=3.0))
    return write_clip(tmp_path_factory.mktemp("clips") / "ball.mp4", spec)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.models.tiny import build_tiny_checkpoint

    return build_tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def shared_scheduler() -> Iterator[Scheduler]:
    with scheduler() as running:
        yield running


@pytest.fixture(scope="module")
def settings(
    shared_scheduler: Scheduler, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    as_there = shared_scheduler.environment(tmp_path_factory.mktemp("zero-gpu"))
    return as_there | {"SMOLVLM_CHECKPOINT": str(checkpoint), "SMOLVLM_POSE": "off"}


@pytest.fixture(scope="module")
def _server(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("space"), settings, COMMAND)
    yield server
    assert server.stop() == 0


@pytest.fixture
def space(_server: Server, shared_scheduler: Scheduler, clip: Path) -> Space:
    shared_scheduler.refusals.clear()
    shared_scheduler.asked.clear()
    shared_scheduler.released.clear()
    shared_scheduler.queue_first = False
    shared_scheduler.may_answer.set()
    return Space(_server, shared_scheduler, clip)


def test_an_analysis_runs_in_few_visits_on_the_visitors_account(space: Space) -> None:
    done = space.finished(space.analysis_of("first.e30.visitor"))
    assert done["status"] == "completed", done
    assert "ZeroGPU" in done["results"]["model"]["device"]
    assert done["results"]["model"]["backend"] == "torch"
    scores = [one["significance_score"] for one in done["results"]["all_analyses"]]
    assert len(scores) == SEGMENTS
    assert all(score is not None for score in scores)
    asked = space.scheduler.asked
    assert 2 <= len(asked) <= 3
    assert {one.token for one in asked} == {"first.e30.visitor"}
    assert all(START_S < one.duration_s <= MOST_S for one in asked)
    assert [failed for _, failed in space.scheduler.released] == [False] * len(asked)


def test_health_says_what_lends_the_gpu(space: Space) -> None:
    model = httpx.get(f"{space.server.base_url}/health", timeout=30).json()["model"]
    assert model["status"] == "ready"
    assert "ZeroGPU lends one for each batch of questions" in model["reason"]


def test_a_python_client_is_a_visitor_too(space: Space) -> None:
    client = Client(space.server.base_url, headers={TOKEN_HEADER: "client.e30.visitor"}, verbose=False)
    results = client.predict(handle_file(str(space.clip)), segment_duration=3, api_name="/analyze_highlights")
    assert len(results["all_analyses"]) == SEGMENTS
    assert {one.token for one in space.scheduler.asked} == {"client.e30.visitor"}


def test_somebody_without_a_token_has_the_spaces_own_time(space: Space) -> None:
    assert space.finished(space.analysis_of(None))["status"] == "completed"
    assert {one.token for one in space.scheduler.asked} == {None}


def test_waiting_in_line_for_a_gpu_is_no_failure(space: Space) -> None:
    space.scheduler.queue_first = True
    assert space.finished(space.analysis_of("patient.e30.visitor"))["status"] == "completed"


def test_no_time_left_is_told_in_words(space: Space) -> None:
    space.scheduler.refusals.append(OUT_OF_QUOTA)
    failed = space.finished(space.analysis_of("spent.e30.visitor"))
    assert failed["status"] == "failed"
    assert "Your GPU time on Hugging Face is used up for now" in failed["error"]
    assert "3 are left" in failed["error"]
    assert "Sign in to Hugging Face for more. Try again in 5 h 12 min" in failed["error"]
    assert len(space.scheduler.asked) == 1, "nothing more was asked for"


def test_no_time_left_is_told_to_python_clients(space: Space) -> None:
    space.scheduler.refusals.append(OUT_OF_QUOTA)
    client = Client(space.server.base_url, headers={TOKEN_HEADER: "spent.e30.visitor"}, verbose=False)
    with pytest.raises(AppError, match="used up for now"):
        client.predict(handle_file(str(space.clip)), api_name="/analyze_highlights")


def test_older_endpoints_say_it_with_a_status(space: Space) -> None:
    space.scheduler.refusals.append(OUT_OF_QUOTA)
    files = {"video": (space.clip.name, space.clip.read_bytes())}
    answer = httpx.post(f"{space.server.base_url}/analyze/highlights", files=files, timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (429, "gpu_quota_spent")


def test_a_cancelled_analysis_does_not_wait_for_its_gpu(space: Space) -> None:
    space.scheduler.may_answer.clear()
    session_id = space.analysis_of("hasty.e30.visitor")
    eventually(lambda: space.scheduler.asked)
    began_s = time.monotonic()
    assert httpx.post(f"{space.api}/cancel/{session_id}", timeout=30).status_code == 200
    assert httpx.delete(f"{space.api}/session/{session_id}", timeout=30).status_code == 200
    assert time.monotonic() - began_s < 5
    space.scheduler.may_answer.set()
    eventually(lambda: space.scheduler.released)
    assert space.finished(space.analysis_of("next.e30.visitor"))["status"] == "completed"
    assert len([one for one in space.scheduler.asked if one.token == "hasty.e30.visitor"]) == 1


def test_the_process_with_the_gpu_holds_no_port_of_the_page(space: Space) -> None:
    space.finished(space.analysis_of("first.e30.visitor"))
    workers = psutil.Process(space.server.process.pid).children(recursive=True)
    assert workers, "the process waits for the next visit"
    port = int(space.server.base_url.rsplit(":", 1)[1])
    for worker in workers:
        held = [one.laddr.port for one in worker.net_connections(kind="inet") if one.laddr]
        assert port not in held


def test_tokens_are_in_no_file_and_no_log(space: Space) -> None:
    token = "secret-of-a-visitor.e30.x"
    assert space.finished(space.analysis_of(token))["status"] == "completed"
    assert {one.token for one in space.scheduler.asked} == {token}
    files = [path for path in space.server.data_dir.rglob("*") if path.is_file()]
    assert any(path.name == "results.json" for path in files)
    for path in [*files, space.server.log]:
        assert b"secret-of-a-visitor" not in path.read_bytes(), path.name


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_the_page_says_it_too_and_carries_the_token(space: Space) -> None:
    space.scheduler.refusals.append(OUT_OF_QUOTA)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(extra_http_headers={TOKEN_HEADER: "page.e30.visitor"})
        page.set_default_timeout(WAIT_S * 1000)
        page.goto(space.server.base_url)
        page.locator("#sv-upload input[type=file]").set_input_files(space.clip)
        page.get_by_role("button", name="Analyze", exact=True).click()
        expect(page.get_by_text("Your GPU time on Hugging Face is used up for now")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("Sign in to Hugging Face for more")).to_be_visible()
        browser.close()
    assert {one.token for one in space.scheduler.asked} == {"page.e30.visitor"}


def test_after_a_restart_the_analysis_goes_on_without_the_token(
    space: Space, settings: dict[str, str], tmp_path: Path
) -> None:
    own = settings | {"ZEROGPU_OFFLOAD_DIR": str(tmp_path / "tensors")}
    space.scheduler.may_answer.clear()
    first = Space(start(tmp_path, own, COMMAND), space.scheduler, space.clip)
    session_id = first.analysis_of("gone.e30.visitor")
    eventually(lambda: space.scheduler.asked)
    first.server.kill()
    space.scheduler.may_answer.set()
    space.scheduler.asked.clear()
    again = Space(start(tmp_path, own, COMMAND), space.scheduler, space.clip)
    try:
        assert again.finished(session_id)["status"] == "completed"
        assert {one.token for one in space.scheduler.asked} == {None}
    finally:
        again.server.stop()


def test_without_a_checkpoint_it_measures_and_says_so(
    space: Space, settings: dict[str, str], tmp_path: Path
) -> None:
    nothing = settings | {"SMOLVLM_CHECKPOINT": "nobody/nothing", "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    fallback = Space(start(tmp_path, nothing, COMMAND), space.scheduler, space.clip)
    try:
        done = fallback.finished(fallback.analysis_of("first.e30.visitor"))
        assert done["results"]["model"]["backend"] == "signals"
        assert "HF_HUB_OFFLINE" in done["results"]["model"]["reason"]
        assert not space.scheduler.asked
    finally:
        fallback.server.stop()
