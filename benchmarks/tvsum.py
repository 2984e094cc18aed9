"""TVSum: does our score rank the parts of a video as twenty annotators do?

    python -m benchmarks.tvsum ydata-tvsum50-anno.tsv VIDEO_FOLDER [--backend signals|torch] [--checkpoint PATH]
                               [--segment-s 15] [--json OUT]

The annotations have one row an annotator and video: the video's id, its category, and an importance of 1 to 5 for
each frame, separated by commas. VIDEO_FOLDER holds ``<id>.mp4``. Importance is our score over each shot of two
seconds. Videos that are missing or cannot be analyzed are skipped and told: the numbers then hold for the rest.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.clip_scores import clip_scores
from benchmarks.finds import mean
from benchmarks.in_process import SEGMENT_S, add_model_arguments, highlights_of, model_of, source_of
from benchmarks.tvsum_metrics import Scores, rank_correlations, shot_edges, summary_f1
from smolvlm_core.domain import JSONValue
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.models.base import VideoModel


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one video; shares 0..1 and correlations -1..1, each the mean over annotators."""

    video: str
    annotators: int
    f1: float
    kendall_tau: float
    spearman_rho: float


def read_annotations(path: Path) -> dict[str, Scores]:
    """Importance (annotators, frames) by video id.

    Raises: ValueError: a row is not as described, or annotators of a video saw different numbers of frames.
    """
    rows: dict[str, list[Scores]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            video, _category, importance = line.split("\t")
            rows.setdefault(video, []).append(np.array(importance.strip().strip(",").split(","), np.float64))
    return {video: np.stack(annotators) for video, annotators in rows.items()}


def evaluate(video: Path, annotators: Scores, model: VideoModel, segment_s: float) -> Measures:
    """Raises: InputError; ModelError."""
    with tempfile.TemporaryDirectory() as folder:
        result = highlights_of(source_of(video, Path(folder) / "curves.npz"), model, segment_s=segment_s)
    frames = annotators.shape[1]
    edges = shot_edges(frames, result.duration_s)
    shots = clip_scores(result, (edges * result.duration_s / frames).tolist())
    tau, rho = rank_correlations(shots, annotators, edges)
    return Measures(video.stem, len(annotators), summary_f1(shots, annotators, edges), tau, rho)


def summary_of(measured: Sequence[Measures]) -> dict[str, JSONValue]:
    """Means over the videos; None without any."""
    return {
        "f1": mean([one.f1 for one in measured]),
        "kendall_tau": mean([one.kendall_tau for one in measured]),
        "spearman_rho": mean([one.spearman_rho for one in measured]),
        "n": len(measured),
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("videos", type=Path)
    parser.add_argument("--segment-s", type=float, default=SEGMENT_S)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the measures here")
    add_model_arguments(parser)
    arguments = parser.parse_args(argv)
    if not arguments.annotations.exists():
        print(f"skipped: there is no {arguments.annotations}")
        return 0
    annotations = read_annotations(arguments.annotations)
    model = model_of(arguments)
    measured: list[Measures] = []
    for name, annotators in annotations.items():
        video = arguments.videos / f"{name}.mp4"
        if not video.is_file():
            print(f"skipped: no {video.name}")
            continue
        try:
            measured.append(evaluate(video, annotators, model, arguments.segment_s))
        except SmolVLMError as error:
            print(f"skipped: {video.name}: {error.message}")
            continue
        print(row_text(measured[-1]), flush=True)
    summary = summary_of(measured)
    means = ", ".join(f"{name} {value:.4f}" for name, value in summary.items() if isinstance(value, float))
    print(f"{len(measured)} of {len(annotations)} videos, {model.info.id}: {means or 'nothing measured'}")
    if arguments.json is not None:
        rows = [asdict(one) for one in measured]
        report = {"model": asdict(model.info), "videos": len(annotations), **summary, "rows": rows}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def row_text(one: Measures) -> str:
    return (
        f"{one.video:12} F1 {one.f1:.3f}, tau {one.kendall_tau:+.3f}, rho {one.spearman_rho:+.3f} "
        f"({one.annotators} annotators)"
    )


if __name__ == "__main__":
    sys.exit(main())
