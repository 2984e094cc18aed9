"""The guess of the time left: right at a steady pace, slow to change its mind, silent while it cannot know."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from smolvlm_core.domain import Status
from smolvlm_core.jobs.estimates import time_left_words
from smolvlm_core.jobs.pace import LEAST_PERCENT, LEAST_S, Pace
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.store import TASKS
from tests.fakes import ScriptedEngine
from tests.jobs.test_service import Gate
from tests.services import HIGHLIGHTS


def guesses(*legs: tuple[float, float], every_s: float = 0.5, noise: float = 0.0) -> list[tuple[float, float]]:
    """(seconds really left, guess) while work goes through legs of (percent, seconds)."""
    chance = random.Random(7)
    pace, told = Pace(), []
    whole_s, now_s, percent = sum(took_s for _, took_s in legs), 100.0, 0.0
    end_s = now_s + whole_s
    for share, took_s in legs:
        for _ in range(round(took_s / every_s)):
            now_s += every_s
            percent += share * every_s / took_s * (1 + noise * chance.uniform(-1, 1))
            left_s = pace.note(min(percent, 100.0), now_s)
            if left_s is not None:
                told.append((end_s - now_s, left_s))
    return told


@pytest.mark.parametrize("whole_s", [15.0, 60.0, 600.0, 7200.0])
def test_a_steady_pace_is_guessed_right(whole_s: float) -> None:
    told = guesses((100.0, whole_s))
    assert len(told) > 10
    assert all(guess == pytest.approx(true, rel=0.02, abs=1.0) for true, guess in told)


def test_an_uneven_pace_is_smoothed() -> None:
    told = guesses((100.0, 300.0), noise=0.9)
    assert most_in_a_step(told) < 8.0
    assert all(guess == pytest.approx(true, rel=0.25, abs=20.0) for true, guess in told if true < 270)


def test_a_slower_pace_is_followed_without_a_jump() -> None:
    told = guesses((50.0, 60.0), (50.0, 240.0))
    assert most_in_a_step(told) < 4.0, "in half a second, with minutes left"
    assert all(guess == pytest.approx(true, rel=0.2, abs=3.0) for true, guess in told if true < 150)


def test_a_faster_pace_only_shortens_the_wait() -> None:
    told = guesses((50.0, 240.0), (50.0, 60.0))
    assert most_in_a_step(told) < 4.0
    last = [guess for true, guess in told if true < 60]
    assert last == sorted(last, reverse=True)
    assert last[-1] < last[0] / 2


def most_in_a_step(told: list[tuple[float, float]]) -> float:
    return max(abs(after - before) for (_, before), (_, after) in pairwise(told))


def test_nothing_is_said_before_there_is_something_to_go_by() -> None:
    pace = Pace()
    assert [pace.note(0.0, now_s) for now_s in range(100)] == [None] * 100, "a model is being downloaded"
    assert pace.note(1.0, 100.0) is None
    assert pace.note(1.0 + LEAST_PERCENT, 100.0 + LEAST_S / 2) is None
    assert pace.note(1.5 + LEAST_PERCENT, 101.0 + LEAST_S) is not None


def test_waiting_at_the_start_is_not_counted() -> None:
    pace = Pace()
    for now_s in range(200):  # a task that goes on after a restart repeats its steps first
        pace.note(40.0, float(now_s))
    for step in range(1, 41):
        left_s = pace.note(40.0 + step / 2, 200.0 + step)
    assert left_s == pytest.approx(80.0, rel=0.1)


def test_a_pace_that_tells_nothing_is_not_used() -> None:
    pace = Pace()
    for step in range(1, 15):
        assert pace.note(float(step), float(step), steady=False) is None
    assert pace.note(15.0, 20.0) is None
    for step in range(1, 31):
        left_s = pace.note(15.0 + step / 2, 20.0 + 3 * step)
    assert left_s == pytest.approx((100 - 30) * 6, rel=0.1)


def test_few_samples_are_kept_of_hours() -> None:
    pace = Pace()
    for step in range(40_000):
        pace.note(step / 400, step * 0.25)
    assert len(pace._samples) <= 400


def test_what_runs_is_judged_by_its_own_pace(service: JobService, engine: ScriptedEngine, clip: Path) -> None:
    gate = Gate(engine.model)
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    assert service.session(session_id).left_s is None
    with service._sessions._store.writing() as connection:
        connection.execute(TASKS.update().values(left_s=33.0))
    left = service.time_left(session_id)
    assert left is not None
    assert (service.session(session_id).left_s, left.work_s) == (33.0, 33.0)
    assert time_left_words(left) == "About 30 seconds left."
    gate.opened.set()
    assert service.wait(session_id, 60).status is Status.COMPLETED
    assert service.time_left(session_id) is None
