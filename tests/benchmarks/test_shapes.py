"""The contract's checker sees what is wrong: fine answers pass, each spoiled one is told."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.result_shapes import highlights_problems, workout_problems
from benchmarks.shapes import problem_problems, progress_problems, server_paths, video_info_problems

MODEL = {"backend": "signals", "id": "measured", "revision": None, "device": "cpu", "dtype": "float32"}
INFO = {
    "filename": "a.mp4",
    "duration": 30.0,
    "fps": 25.0,
    "resolution": "640x360",
    "frames": 750,
    "codec": "h264",
    "has_audio": True,
    "rotation": 0,
    "size_bytes": 1000,
}


def times(start_s: float, end_s: float) -> dict[str, Any]:
    text = f"00:{int(start_s):02d} - 00:{int(end_s):02d}"
    return {
        "start_timestamp": start_s,
        "end_timestamp": end_s,
        "duration": end_s - start_s,
        "timestamp_formatted": text,
    }


HIGHLIGHTS: dict[str, Any] = {
    "analysis_type": "highlights",
    "processing_time_seconds": 1.5,
    "total_segments_analyzed": 2,
    "highlights_found": 2,
    "settings": {"min_significance": 3, "max_highlights": 5},
    "model": MODEL,
    "highlights": [
        {"id": "h2", **times(12, 20), "significance_score": 8.0, "description": "A goal.", "evidence": {}},
        {"id": "h1", **times(2, 9), "significance_score": 4.5, "description": "A miss.", "evidence": {}},
    ],
    "all_analyses": [
        {**times(0, 12), "significance_score": 4.5},
        {**times(12, 30), "significance_score": None, "skipped_reason": "no frame"},
    ],
    "warnings": [],
}
SQUATS: dict[str, Any] = {
    "exercise_name": "Squats",
    **times(3, 20),
    "description": "Down and up.",
    "movement_phase": "Execution",
    "repetitions": 2,
    "tempo_seconds": 8.5,
    "confidence": 0.8,
    "set_number": 1,
    "lowering_seconds": 4.0,
    "lifting_seconds": None,
    "range_of_motion": 92.5,
    "range_of_motion_unit": "\N{DEGREE SIGN}",
    "driving_signal": "knee angle",
    "left_range_of_motion": None,
    "right_range_of_motion": None,
    "repetition_times": [
        {
            "repetition": number,
            "start_timestamp": start_s,
            "end_timestamp": start_s + 8.5,
            "turn_timestamp": start_s + 4,
            "range_of_motion": 92.5,
            "lowering_seconds": 4.0,
            "lifting_seconds": None,
        }
        for number, start_s in ((1, 3.0), (2, 11.5))
    ],
    "curve": {"unit": "\N{DEGREE SIGN}", "times_seconds": [3.0, 7.0, 20.0], "values": [170.0, 80, 170.0]},
}
REST: dict[str, Any] = (
    dict.fromkeys(SQUATS)
    | times(20, 30)
    | {"exercise_name": "Rest", "description": "Still.", "movement_phase": "Rest", "confidence": 1.0}
)
WORKOUT: dict[str, Any] = {
    "analysis_type": "workout_with_timestamps",
    "processing_time_seconds": 1.5,
    "total_duration_seconds": 30.0,
    "total_segments_analyzed": 1,
    "system_prompt": "",
    "user_prompt": "",
    "model": MODEL,
    "pose": {"id": None, "reason": "switched off"},
    "exercise_steps": [SQUATS, REST],
    "segment_analyses": [times(0, 30)],
    "summary": {
        "total_exercises_identified": 1,
        "total_sets": 1,
        "total_repetitions": 2,
        "sets_by_exercise": [{"exercise_name": "Squats", "sets": 1, "repetitions": 2}],
        "active_seconds": 17,
        "rest_seconds": 10,
        "video_duration_formatted": "00:30",
    },
}


def told(results: dict[str, Any], spoil: Callable[[dict[str, Any]], object]) -> list[str]:
    spoiled = copy.deepcopy(results)
    spoil(spoiled)
    check = workout_problems if "exercise_steps" in spoiled else highlights_of
    return list(check(spoiled, 30.0))


def highlights_of(results: dict[str, Any], duration_s: float) -> list[str]:
    return list(highlights_problems(results, duration_s, minimum=3, at_most=5))


def test_fine_results_pass() -> None:
    assert told(HIGHLIGHTS, lambda _: None) == []
    assert told(WORKOUT, lambda _: None) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.update(analysis_type="workout"),
        lambda r: r.pop("processing_time_seconds"),
        lambda r: r.update(highlights_found=3),
        lambda r: r.update(total_segments_analyzed=3),
        lambda r: r["settings"].update(min_significance=6),
        lambda r: r["model"].pop("device"),
        lambda r: r.update(warnings=[""]),
        lambda r: r["highlights"].reverse(),
        lambda r: r["highlights"][0].update(id="h1"),
        lambda r: r["highlights"][0].update(description=" "),
        lambda r: r["highlights"][0].update(significance_score=11),
        lambda r: r["highlights"][1].update(significance_score=2.9),
        lambda r: r["highlights"][0].update(times(25, 31)),
        lambda r: r["highlights"][0].update(times(8, 20)),
        lambda r: r["highlights"][0].update(duration=3),
        lambda r: r["highlights"][0].update(timestamp_formatted="00:12-00:20"),
        lambda r: r["highlights"][0].update(start_timestamp="12"),
        lambda r: r["all_analyses"].pop(),
        lambda r: r["all_analyses"][0].update(times(1, 12)),
        lambda r: r["all_analyses"][0].update(significance_score=0),
        lambda r: r["all_analyses"][1].pop("skipped_reason"),
    ],
)
def test_spoiled_highlights_are_told(spoil: Callable[[dict[str, Any]], object]) -> None:
    assert told(HIGHLIGHTS, spoil)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.update(total_duration_seconds=12),
        lambda r: r.pop("system_prompt"),
        lambda r: r["exercise_steps"][0].update(movement_phase="Pause"),
        lambda r: r["exercise_steps"][0].pop("repetitions"),
        lambda r: r["exercise_steps"][0].update(repetitions=2.5),
        lambda r: r["exercise_steps"][0].update(confidence=1.2),
        lambda r: r["exercise_steps"].append({**r["exercise_steps"][0], **times(15, 25)}),
        lambda r: r["summary"].update(total_repetitions=9),
        lambda r: r["summary"].update(video_duration_formatted="0:30"),
        lambda r: r.pop("pose"),
        lambda r: r["pose"].pop("reason"),
        lambda r: r["exercise_steps"][1].pop("curve"),
        lambda r: r["exercise_steps"][1].update(set_number=2),
        lambda r: r["exercise_steps"][0].update(set_number=2),
        lambda r: r["exercise_steps"][0].update(lowering_seconds=-1),
        lambda r: r["exercise_steps"][0].update(driving_signal=None),
        lambda r: r["exercise_steps"][0]["repetition_times"].pop(),
        lambda r: r["exercise_steps"][0]["repetition_times"].reverse(),
        lambda r: r["exercise_steps"][0]["repetition_times"][0].update(turn_timestamp=2),
        lambda r: r["exercise_steps"][0]["repetition_times"][1].update(end_timestamp=25),
        lambda r: r["exercise_steps"][0]["repetition_times"][0].pop("lowering_seconds"),
        lambda r: r["exercise_steps"][0]["curve"].update(unit="body lengths"),
        lambda r: r["exercise_steps"][0]["curve"]["values"].pop(),
        lambda r: r["exercise_steps"][0]["curve"]["values"].__setitem__(0, None),
        lambda r: r["exercise_steps"][0]["curve"]["times_seconds"].reverse(),
        lambda r: r["summary"].update(total_sets=2),
        lambda r: r["summary"]["sets_by_exercise"].clear(),
        lambda r: r["summary"]["sets_by_exercise"][0].update(repetitions=3),
        lambda r: r["summary"].update(rest_seconds=9),
        lambda r: r["summary"].pop("active_seconds"),
        lambda r: r.pop("summary"),
    ],
)
def test_spoiled_workouts_are_told(spoil: Callable[[dict[str, Any]], object]) -> None:
    assert told(WORKOUT, spoil)


@pytest.mark.parametrize(
    "change", [{"duration": 0}, {"fps": "25"}, {"resolution": "640"}, {"frames": 0}, {"rotation": 45}]
)
def test_video_info_is_checked(change: dict[str, Any]) -> None:
    assert list(video_info_problems(INFO, "a.mp4")) == []
    assert list(video_info_problems(INFO | change))


def test_progress_is_checked() -> None:
    fine = {
        "session_id": "s",
        "status": "analyzing",
        "progress": 40,
        "current_step": "Segment 2/5",
        "segments_completed": 2,
        "total_segments": 5,
        "video_info": INFO,
    }
    assert list(progress_problems(fine, "s")) == []
    for change in ({"progress": 101}, {"segments_completed": 6}, {"status": "busy"}, {"status": "failed"}):
        assert list(progress_problems(fine | change, "s"))


def test_errors_are_checked() -> None:
    text = '{"type": "about:blank", "title": "t", "status": 404, "detail": "d", "code": "session_not_found"}'
    headers = {"content-type": "application/problem+json"}
    assert list(problem_problems(404, headers, text, {"session_not_found"})) == []
    assert list(problem_problems(404, {"content-type": "application/json"}, text))
    assert list(problem_problems(410, headers, text))
    assert list(problem_problems(404, headers, text, {"undecodable"}))
    assert list(problem_problems(404, headers, "<html>"))


@pytest.mark.parametrize("text", ["cannot open /tmp/x.mp4", '{"file": "/home/app/data/a"}'])
def test_server_paths_are_seen(text: str) -> None:
    assert list(server_paths(text))


@pytest.mark.parametrize("text", ["see http://localhost/data/x", "/api/v1/video/upload", "video/mp4", "1/2"])
def test_other_slashes_are_no_server_paths(text: str) -> None:
    assert list(server_paths(text)) == []
