"""Drives a running server through its documented contract with every file of a folder of test videos.

    python -m benchmarks.contract http://127.0.0.1:7860 FOLDER [--json OUT] [--only TEXT]

``FOLDER/manifest.json`` lists ``good`` and ``composite`` videos (both analyses must give sane fields), ``bad``
ones (the documented error, or a partial result; never a 5xx, a stall, or a visit to 127.0.0.1:18099) and
``hostile_names`` to upload under. Every session is deleted and must then be gone. Exit 1 when anything is wrong.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.listener import CanaryListener
from benchmarks.protocol import protocol_rows
from benchmarks.result_shapes import highlights_problems, workout_problems
from benchmarks.shapes import (
    is_uuid4,
    problem_problems,
    progress_problems,
    server_paths,
    video_info_problems,
    wrong_types,
)
from benchmarks.wire import JSON, Client

BAD_LIMIT_S = 30.0
"""A bad file has to be done with by then, upload and both analyses together."""

REFUSALS = {
    "undecodable",
    "no_video_stream",
    "unsupported_container",
    "video_too_long",
    "frame_too_large",
    "upload_too_large",
    "invalid_input",
}
MIN_SIGNIFICANCE = 3
MAX_HIGHLIGHTS = 7
SEGMENT_S = 10


@dataclass
class Row:
    """One file's outcome; empty ``problems`` means it passed."""

    name: str
    outcome: str = ""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def upload_problems(response: httpx.Response, filename: str | None) -> Iterator[str]:
    body = response.json()
    yield from wrong_types(body, {"session_id": str, "status": str, "message": str}, "upload")
    if not is_uuid4(body.get("session_id")) or body.get("status") != "uploaded":
        yield f"upload: session_id {body.get('session_id')!r}, status {body.get('status')!r}"
    yield from video_info_problems(body.get("video_info"), filename)
    yield from server_paths(response.text)


def started_problems(response: httpx.Response, session_id: str, analysis_type: str) -> Iterator[str]:
    body = response.json()
    expected = {"session_id": session_id, "analysis_type": analysis_type, "status": "started"}
    if not is_uuid4(body.get("task_id")) or not body.get("message"):
        yield f"analyze: task_id {body.get('task_id')!r}, message {body.get('message')!r}"
    for name, value in expected.items():
        if body.get(name) != value:
            yield f"analyze: {name} is {body.get(name)!r}, not {value!r}"


def analyze(client: Client, session_id: str, analysis_type: str, row: Row) -> JSON | None:
    """Runs one analysis to its end and checks everything on the way; the results, when there are any."""
    response = client.analyze(
        session_id,
        analysis_type=analysis_type,
        min_significance=MIN_SIGNIFICANCE,
        max_highlights=MAX_HIGHLIGHTS,
        segment_duration=SEGMENT_S,
    )
    if response.status_code != 200:
        row.problems.append(f"analyze {analysis_type} answered {response.status_code}: {response.text[:200]}")
        return None
    row.problems += started_problems(response, session_id, analysis_type)
    watched = client.watch(session_id)
    row.problems += watched.problems
    row.problems += progress_problems(watched.last, session_id)
    row.problems += server_paths(json.dumps(watched.last))
    if watched.last.get("status") != "completed":
        row.outcome += f" {analysis_type} {watched.last.get('status')}: {watched.last.get('error')}"
        return None
    answer = client.results(session_id)
    if answer.status_code != 200:
        row.problems.append(f"results answered {answer.status_code}: {answer.text[:200]}")
        return None
    body: JSON = answer.json()
    if body.get("analysis_complete") is not True or body.get("session_id") != session_id:
        row.problems.append(f"results: analysis_complete is {body.get('analysis_complete')!r}")
    if body.get("results") != watched.last.get("results"):
        row.problems.append("results: not those that progress gave")
    results: JSON = body["results"]
    return results


def analyze_both(client: Client, session_id: str, duration_s: float, row: Row) -> list[JSON]:
    """Runs both; the results of those that completed."""
    highlights = analyze(client, session_id, "highlights", row)
    if highlights is not None:
        row.problems += highlights_problems(highlights, duration_s, MIN_SIGNIFICANCE, MAX_HIGHLIGHTS)
        row.outcome += f" {len(highlights.get('highlights', []))} highlights"
    workout = analyze(client, session_id, "workout", row)
    if workout is not None:
        row.problems += workout_problems(workout, duration_s)
        row.outcome += f", {len(workout.get('exercise_steps', []))} steps"
    if highlights and highlights.get("warnings"):
        row.outcome += f", warned: {highlights['warnings']}"
    return [results for results in (highlights, workout) if results is not None]


def delete(client: Client, session_id: str, row: Row) -> None:
    """The session must go, and be gone."""
    response = client.delete(session_id)
    body = response.json() if response.status_code == 200 else {}
    if body.get("status") != "cleaned_up" or body.get("session_id") != session_id or not body.get("message"):
        row.problems.append(f"delete answered {response.status_code}: {response.text[:200]}")
    after = client.progress(session_id)
    if after.status_code != 404:
        row.problems.append(f"after delete, progress answered {after.status_code}")
    row.problems += problem_problems(after.status_code, after.headers, after.text, {"session_not_found"})


def true_length_problems(entry: JSON, info: JSON) -> Iterator[str]:
    """Against what the manifest counted by decoding, not against what the file's header says."""
    if entry.get("last_pts") is None or not entry.get("fps_avg"):
        return
    expected_s, slack_s = entry["last_pts"] + 1 / entry["fps_avg"], max(0.25, 2.5 / entry["fps_avg"])
    if abs(info["duration"] - expected_s) > slack_s:
        yield f"video_info: duration is {info['duration']}, decoding gives {expected_s:.2f}"
    if entry.get("rotation") in (90, 270, -90) and info["resolution"] == entry.get("size_px"):
        yield f"video_info: {info['resolution']} is the size before rotation"


def check_good(client: Client, folder: Path, entry: JSON) -> Row:
    path = folder / entry["file"]
    row = Row(entry["file"])
    response = client.upload(path, description="contract")
    if response.status_code != 200:
        row.problems.append(f"upload answered {response.status_code}: {response.text[:200]}")
        return row
    row.problems += upload_problems(response, path.name)
    body = response.json()
    row.problems += true_length_problems(entry, body["video_info"])
    if len(analyze_both(client, body["session_id"], body["video_info"]["duration"], row)) < 2:
        row.problems.append("an analysis did not complete")
    delete(client, body["session_id"], row)
    return row


def check_bad(client: Client, folder: Path, entry: JSON) -> Row:
    """The manifest expects a refusal, an error (at upload or as a failed analysis), or either that or a result."""
    row = Row(entry["file"])
    expected = entry["expected"]
    response = client.upload(folder / entry["file"])
    if response.status_code != 200:
        row.outcome = f"{response.status_code} {response.json().get('code')}: {response.json().get('detail')}"
        row.problems += problem_problems(response.status_code, response.headers, response.text, REFUSALS)
        if response.status_code not in (413, 415, 422) or expected.startswith("helper"):
            row.problems.append(f"upload answered {response.status_code}")
        return row
    if expected.startswith("refuse"):
        row.problems.append("it was accepted")
    row.problems += upload_problems(response, Path(entry["file"]).name)
    session_id = response.json()["session_id"]
    completed = analyze_both(client, session_id, response.json()["video_info"]["duration"], row)
    if expected.startswith("plain-language error") and not all(results.get("warnings") for results in completed):
        row.problems.append("it gave results without a warning where an error was expected")
    delete(client, session_id, row)
    return row


def check_name(client: Client, video: Path, name: str) -> Row:
    """Uploads a fine video under a hostile name: taken as a base name, or refused in words."""
    row = Row(f"name {name[:40]!r}")
    response = client.upload(video, name=name)
    row.outcome = str(response.status_code)
    if response.status_code != 200:
        row.problems += problem_problems(response.status_code, response.headers, response.text)
        if response.status_code >= 500:
            row.problems.append(f"upload answered {response.status_code}")
        return row
    row.problems += upload_problems(response, None)
    kept = response.json()["video_info"]["filename"]
    row.outcome += f" kept as {kept[:40]!r}"
    if "/" in kept or "\\" in kept or not kept.strip() or kept in (".", "..") or not kept.isprintable():
        row.problems.append(f"the name was kept as {kept!r}")
    delete(client, response.json()["session_id"], row)
    return row


def timed(check: Callable[[], Row], name: str, limit_s: float | None = None) -> Row:
    """Runs a check; a connection that breaks or times out is a problem like any other."""
    started = time.monotonic()
    try:
        row = check()
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
        row = Row(name, problems=[f"{type(error).__name__}: {error}"])
    row.seconds = round(time.monotonic() - started, 2)
    if limit_s is not None and row.seconds > limit_s:
        row.problems.append(f"took {row.seconds} s, more than {limit_s} s")
    return row


def rows_of(client: Client, folder: Path, manifest: dict[str, Any], only: str) -> Iterator[Row]:
    if not only:
        yield from (Row(name, problems=problems) for name, problems in protocol_rows(client, folder, manifest))
    for entry in manifest["good"] + manifest["composite"]:
        if only in entry["file"]:
            yield timed(partial(check_good, client, folder, entry), entry["file"])
    for entry in manifest["bad"]:
        if only in entry["file"]:
            yield timed(partial(check_bad, client, folder, entry), entry["file"], BAD_LIMIT_S)
    smallest = min((folder / entry["file"] for entry in manifest["good"]), key=lambda path: path.stat().st_size)
    for name in [name for names in manifest["hostile_names"].values() for name in names]:
        if only in f"name {name}":
            yield timed(partial(check_name, client, smallest, name), f"name {name[:40]!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the rows there")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files whose name has TEXT in it")
    arguments = parser.parse_args()
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    manifest = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    client = Client(arguments.url)
    rows: list[Row] = []
    with CanaryListener() as canary:
        for row in rows_of(client, arguments.folder, manifest, arguments.only):
            row.problems += [f"the server visited 127.0.0.1:18099: {visit}" for visit in canary.take_visits()]
            rows.append(row)
            print(f"{'FAIL' if row.problems else 'ok  '} {row.seconds:7.2f} s  {row.name}  {row.outcome.strip()}")
            for problem in row.problems:
                print(f"       - {problem}", flush=True)
    failed = [row for row in rows if row.problems]
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
