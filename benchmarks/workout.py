"""Are the repetitions of real exercises counted, their sets found, their names right, and calm videos left alone?

    python -m benchmarks.workout FOLDER [--json OUT] [--only TEXT] [--also FOLDER] [--speed [MINUTES]] [--strict]
        [--backend signals|torch] [--checkpoint PATH] [--pose-dir DIR] [--data-dir DIR]
        [--without-pose-only | --skip-without-pose]

``benchmarks/workout_truth.py`` describes the folder. Every video is analyzed in process, one after the other, with
a pose model and then without. A row a clip: what is done and what it was called, repetitions true and counted, and
where. A row a true set of a spliced workout: the counted set that overlaps it best, matched from an IoU of .5.
A clip's name is that of the set with most repetitions. An analysis that fails counts nothing, and is a false set
where there is nothing to count. The real-time factor is that of ``benchmarks/workout_speed.py`` with ``--speed``,
else processing over length of all videos. Exit 1 with ``--strict`` where a bar is missed or an analysis failed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.in_process import (
    NoPoses,
    add_model_arguments,
    add_pose_arguments,
    model_of,
    poses_of,
    source_of,
    workout_of,
)
from benchmarks.workout_metrics import CountedSet, Row, measure
from benchmarks.workout_report import (
    Passes,
    Realtime,
    all_passed,
    bars_text,
    clip_text,
    clips_header,
    composite_text,
    summary_of,
    summary_text,
)
from benchmarks.workout_speed import measure_speed
from benchmarks.workout_truth import Left, Truth, read_folder
from smolvlm_core.domain import JSONValue, never_cancelled
from smolvlm_core.errors import ModelUnavailable, SmolVLMError
from smolvlm_core.exercise import WorkoutResult
from smolvlm_core.models.base import PoseSource, VideoModel

NO_POSES = NoPoses("pose is left out on purpose")


def evaluate(truth: Truth, model: VideoModel, poses: PoseSource) -> Row:
    """Analyze one video, from opening the file to the last step; seconds are those of a clock on the wall."""
    started_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = workout_of(source_of(truth.path, Path(folder) / "curves.npz"), model, poses)
        except SmolVLMError as error:
            return Row(truth, (), 0.0, time.perf_counter() - started_s, error.message)
    return Row(truth, counted_sets(result), result.duration_s, time.perf_counter() - started_s)


def counted_sets(result: WorkoutResult) -> tuple[CountedSet, ...]:
    """The steps with repetitions."""
    return tuple(
        CountedSet(
            span=step.measured.span,
            turns_s=tuple(repetition.turn_s for repetition in step.measured.repetitions),
            name=step.exercise_name,
        )
        for step in result.steps
        if step.measured is not None
    )


def run_pass(truths: Sequence[Truth], model: VideoModel, poses: PoseSource, title: str) -> tuple[Row, ...]:
    """Analyze and print all videos, clips first."""
    rows: list[Row] = []
    print(f"\n{title}\n{clips_header()}")
    for truth in truths:
        row = evaluate(truth, model, poses)
        print(composite_text(row) if truth.composite else clip_text(row), flush=True)
        rows.append(row)
    print(summary_text(rows, title))
    return tuple(rows)


def choose(folder: Path, also: Path | None, only: str) -> list[Truth]:
    """The videos to analyze; says which cannot be."""
    truths: list[Truth] = []
    for entry in read_folder(folder, also):
        if only not in entry.file:
            continue
        if isinstance(entry, Left):
            print(f"skipped: {entry.file}: {entry.reason}")
        else:
            truths.append(entry)
    return truths


def pose_words(poses: PoseSource) -> dict[str, JSONValue]:
    """Which pose model runs. Ends the process, with the reason, where none can be had."""
    try:
        return asdict(poses.open(never_cancelled).info)
    except ModelUnavailable as error:
        raise SystemExit(f"no pose model: {error.for_users} (--without-pose-only does without)") from error


def parser_of() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the summary and all rows here")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files whose name contains this")
    parser.add_argument("--also", type=Path, metavar="FOLDER", help="where clips missing in FOLDER may be")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a bar is missed")
    parser.add_argument(
        "--speed", type=int, nargs="?", const=1, metavar="MINUTES", help="also time so much 1080p made of a clip"
    )
    passes = parser.add_mutually_exclusive_group()
    passes.add_argument("--without-pose-only", action="store_true")
    passes.add_argument("--skip-without-pose", action="store_true")
    add_model_arguments(parser)
    add_pose_arguments(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    arguments = parser_of().parse_args(argv)
    truths = choose(arguments.folder, arguments.also, arguments.only)
    if not truths:
        print(f"skipped: {arguments.folder} holds no video to analyze")
        return 0
    model, poses = model_of(arguments), poses_of(arguments)
    pose = None if arguments.without_pose_only else pose_words(poses)
    if pose is None:
        poses = NO_POSES
    speed = measure_speed(truths, model, poses, arguments.speed) if arguments.speed else None
    if speed is not None:
        print(speed.text(), flush=True)
    with_pose = without_pose = None
    if pose is not None:
        with_pose = run_pass(truths, model, poses, f"with pose: {pose['id']}")
    if not arguments.skip_without_pose:
        without_pose = run_pass(truths, model, NO_POSES, "without pose")
    passes = Passes(with_pose, without_pose)
    realtime = Realtime(measure(passes.rows).realtime_factor, "all videos")
    if speed is not None:
        realtime = Realtime(speed.realtime_factor, f"{speed.video_s:.0f} s of 1080p")
    summary = summary_of(passes, realtime)
    print(f"\n{bars_text(summary)}")
    if arguments.json is not None:
        content = {"model": asdict(model.info), "pose": pose, "speed": speed and asdict(speed), **summary}
        arguments.json.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return 1 if arguments.strict and (summary["failed"] or not all_passed(summary)) else 0


if __name__ == "__main__":
    sys.exit(main())
