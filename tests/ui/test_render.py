"""The page's own HTML: plain words, and nothing a user wrote gets through unescaped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from smolvlm_core.domain import AnalysisType, Limits, ModelInfo, ModelState, ModelStatus, Status, VideoInfo
from smolvlm_core.errors import Undecodable
from smolvlm_core.jobs.views import SessionView
from smolvlm_core.ui import render
from smolvlm_core.ui.player import player

HOSTILE = '<img src=x onerror="alert(1)">.mp4'
ESCAPED = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;.mp4"
VIDEO = VideoInfo("run.mp4", 24.04, Fraction(30000, 1001), 1280, 720, 720, "hevc", "mp4", True, 0, 3_355_443)
VIEW = SessionView(
    "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10",
    Status.UPLOADED,
    VIDEO,
    "",
    datetime.now(UTC) + timedelta(hours=24),
)
SMOL = ModelInfo("torch", "SmolVLM2-256M", None, "cpu", "bfloat16", "the default on cpu")
SIGNALS = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "no network")


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 KB"), (1536, "1.5 KB"), (3_355_443, "3.2 MB"), (2 * 1024**3, "2 GB"), (50 * 1024**2, "50 MB")],
)
def test_sizes_read_as_in_a_file_manager(size_bytes: int, words: str) -> None:
    assert render.size_words(size_bytes) == words


def test_facts_tell_what_was_probed_and_how_long_it_is_kept() -> None:
    html = render.facts(replace(VIEW, expires_at=datetime.now(UTC) + timedelta(hours=23.9)))
    for fact in (
        "run.mp4",
        "24 s",
        "1280 \u00d7 720",
        "30 frames a second",
        "with sound",
        "3.2 MB",
        "24 more hours",
    ):
        assert fact in html
    assert "no sound" in render.facts(replace(VIEW, video=replace(VIDEO, has_audio=False)))


def test_file_names_are_escaped() -> None:
    view = replace(VIEW, video=replace(VIDEO, filename=HOSTILE))
    for html in (render.facts(view), player(view.session_id, view.video)):
        assert ESCAPED in html
        assert "<img" not in html


def test_progress_shows_step_and_percentage_to_everybody() -> None:
    view = replace(VIEW, status=Status.ANALYZING, percent=43.6, current_step="Analyzing segment <2>/5")
    html = render.progress(view)
    assert "Analyzing segment &lt;2&gt;/5" in html
    assert "44%" in html
    assert 'role="progressbar"' in html
    assert 'aria-valuenow="44"' in html


def test_progress_tells_how_long_it_may_take_beside_the_percentage() -> None:
    view = replace(VIEW, status=Status.ANALYZING, percent=43.6)
    told = '<span class="sv-left">About 2 minutes left.</span><span class="sv-percent">44%</span>'
    assert told in render.progress(view, "About 2 minutes left.")
    assert "left." not in render.progress(view)
    waiting = render.progress(replace(view, queue_position=2), "It starts in about a minute.")
    assert '<p class="sv-muted">It starts in about a minute.' in waiting


@pytest.mark.parametrize(("position", "words"), [(1, "Next in line"), (3, "Number 3 in line")])
def test_a_queued_analysis_tells_its_place(position: int, words: str) -> None:
    view = replace(VIEW, status=Status.ANALYZING, analysis_type=AnalysisType.WORKOUT, queue_position=position)
    assert words in render.progress(view)


def test_an_error_says_what_to_do() -> None:
    html = render.problem(Undecodable("It is <damaged>.", hint="Export it again."), "This file cannot be used")
    assert "It is &lt;damaged&gt;. Export it again." in html
    assert 'role="alert"' in html


def test_limits_are_told_before_the_upload() -> None:
    assert "up to 2 GB and 4 hours. Deleted after 24 hours." in render.limits_line(Limits())
    short = Limits(max_upload_bytes=50 * 1024**2, max_duration_s=600, session_ttl_s=3600)
    assert "up to 50 MB and 10 minutes. Deleted after 1 hour." in render.limits_line(short)


@pytest.mark.parametrize(
    ("status", "tone", "words"),
    [
        (ModelStatus(ModelState.DOWNLOADING, "Downloading SmolVLM2: 43 %", 43.0), "busy", "43 %"),
        (ModelStatus(ModelState.READY, "Ready: SmolVLM2-256M on cpu", info=SMOL), "good", "The default on cpu."),
        (ModelStatus(ModelState.READY, "no network; measuring", info=SIGNALS), "warn", "no model describes"),
        (ModelStatus(ModelState.READY, "Downloading: 4 %", info=SIGNALS), "warn", "No network. Downloading: 4 %."),
        (ModelStatus(ModelState.FAILED, "torch is not installed."), "bad", "torch is not installed."),
    ],
)
def test_the_model_line_says_what_judges_and_why(status: ModelStatus, tone: str, words: str) -> None:
    html = render.model_line(status)
    assert f"sv-{tone}" in html
    assert words in html
