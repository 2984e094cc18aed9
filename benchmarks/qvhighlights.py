"""QVHighlights: are the moments that a query asks for found, and its best clips ranked first?

    python -m benchmarks.qvhighlights ANNOTATIONS.jsonl VIDEO_FOLDER [--backend signals|torch] [--checkpoint PATH]
                                      [--segment-s 15] [--json OUT] [--predictions-out OUT]

ANNOTATIONS.jsonl is a file of github.com/jayleicn/moment_detr (``data/highlight_val_release.jsonl``), VIDEO_FOLDER
holds ``<vid>.mp4``. Each query is one analysis with the query as the user's prompt; windows are the highlights,
saliency is our score over each clip of two seconds. ``--predictions-out`` writes the form in which results are
handed in, also for the test split, which has no published truth. Queries whose video is missing or cannot be
analyzed are skipped and told: the numbers then hold for the rest only. A query without any window counts as
missed (the official evaluation needs at least one for each).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clip_scores import CLIP_S, clip_scores
from benchmarks.finds import mean
from benchmarks.in_process import SEGMENT_S, add_model_arguments, highlights_of, model_of, source_of
from benchmarks.qv_metrics import (
    IOU_THRESHOLDS,
    Window,
    average_precision,
    first_iou,
    hit_at_1,
    saliency_precision,
    very_good_clips,
)
from smolvlm_core.domain import JSONValue, Span
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.models.base import VideoModel


@dataclass(frozen=True, slots=True)
class Truth:
    """``moments`` that fit the query, and which clips each of three annotators calls very good (clips, 3)."""

    moments: tuple[Span, ...]
    very_good: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Query:
    """One line of the annotations; ``truth`` is None in the test split."""

    qid: int
    text: str
    vid: str
    duration_s: float
    truth: Truth | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """Windows best first, and one score for each clip of the video."""

    query: Query
    windows: tuple[Window, ...]
    saliency: NDArray[np.float64]


def read_queries(path: Path) -> Iterator[Query]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield query_of(json.loads(line))


def query_of(entry: dict[str, Any]) -> Query:
    truth = None
    if "relevant_windows" in entry:
        moments = tuple(Span(float(start_s), float(end_s)) for start_s, end_s in entry["relevant_windows"])
        clips = int(entry["duration"] / CLIP_S)
        truth = Truth(moments, very_good_clips(clips, entry["relevant_clip_ids"], entry["saliency_scores"]))
    return Query(entry["qid"], entry["query"], entry["vid"], float(entry["duration"]), truth)


def predict(query: Query, video: Path, curves_path: Path, model: VideoModel, segment_s: float) -> Prediction:
    """Raises: InputError; ModelError."""
    result = highlights_of(source_of(video, curves_path), model, query.text, segment_s)
    windows = tuple(Window(highlight.span, highlight.score) for highlight in result.highlights)
    edges_s = np.arange(max(1, int(query.duration_s / CLIP_S)) + 1) * CLIP_S
    return Prediction(query, windows, clip_scores(result, edges_s.tolist()))


def measure(predictions: Sequence[Prediction]) -> dict[str, JSONValue]:
    """All measures as shares 0..1, over the queries with a truth; None where there are none."""
    judged = [(one, one.query.truth) for one in predictions if one.query.truth is not None]
    by_threshold = {
        threshold: mean([average_precision(one.windows, truth.moments, threshold) for one, truth in judged])
        for threshold in IOU_THRESHOLDS
    }
    known = [value for value in by_threshold.values() if value is not None]
    overlaps = [first_iou(one.windows, truth.moments) for one, truth in judged]
    return {
        "map": mean(known),
        "map_iou50": by_threshold[0.5],
        "map_iou75": by_threshold[0.75],
        "r1_iou50": mean([overlap >= 0.5 for overlap in overlaps]),
        "r1_iou70": mean([overlap >= 0.7 for overlap in overlaps]),
        "highlight_hit1_very_good": mean([hit_at_1(one.saliency, truth.very_good) for one, truth in judged]),
        "highlight_map_very_good": mean(
            [saliency_precision(one.saliency, truth.very_good) for one, truth in judged]
        ),
        "n": len(judged),
    }


def submission_line(prediction: Prediction) -> str:
    """One line of the form in which predictions are handed in."""
    query = prediction.query
    windows = [[w.span.start_s, w.span.end_s, w.score] for w in prediction.windows]
    entry = {"qid": query.qid, "query": query.text, "vid": query.vid, "pred_relevant_windows": windows}
    return json.dumps(entry | {"pred_saliency_scores": prediction.saliency.tolist()})


def predict_all(
    queries: Sequence[Query], folder: Path, model: VideoModel, segment_s: float
) -> tuple[list[Prediction], list[str]]:
    """Predictions, and for each query without one the reason. A video is scanned once for all its queries."""
    predictions: list[Prediction] = []
    left: list[str] = []
    with tempfile.TemporaryDirectory() as curves:
        for query in queries:
            video = folder / f"{query.vid}.mp4"
            if not video.is_file():
                left.append(f"query {query.qid}: no {video.name}")
                continue
            try:
                predictions.append(predict(query, video, Path(curves) / f"{query.vid}.npz", model, segment_s))
            except SmolVLMError as error:
                left.append(f"query {query.qid}: {video.name}: {error.message}")
    return predictions, left


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("videos", type=Path)
    parser.add_argument("--segment-s", type=float, default=SEGMENT_S)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the measures here")
    parser.add_argument("--predictions-out", type=Path, metavar="OUT", help="write one JSON line a query here")
    add_model_arguments(parser)
    arguments = parser.parse_args(argv)
    if not arguments.annotations.exists():
        print(f"skipped: there is no {arguments.annotations}")
        return 0
    queries = list(read_queries(arguments.annotations))
    model = model_of(arguments)
    predictions, left = predict_all(queries, arguments.videos, model, arguments.segment_s)
    for reason in left:
        print(f"skipped: {reason}")
    measures = measure(predictions)
    print(f"{len(predictions)} of {len(queries)} queries, {measures['n']} with a truth, {model.info.id}")
    for name, value in measures.items():
        print(f"  {name:26} {'-' if value is None else format(value, 'd' if name == 'n' else '.4f')}")
    if arguments.predictions_out is not None:
        lines = [submission_line(prediction) + "\n" for prediction in predictions]
        arguments.predictions_out.write_text("".join(lines), encoding="utf-8")
    if arguments.json is not None:
        report = {"model": asdict(model.info), "queries": len(queries), "skipped": len(left), **measures}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
