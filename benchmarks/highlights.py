"""Do the highlights show what really happens, are calm videos left alone, and what does it cost over decoding?

    python -m benchmarks.highlights FOLDER [--json OUT] [--only TEXT] [--backend signals|torch]
                                    [--checkpoint PATH] [--no-cost]

``FOLDER/manifest.json`` names the videos and what happens in them (``benchmarks/truth.py`` describes the format).
Each is analyzed in process. Hits: the best highlight and a true interval have an IoU of at least .3, of .5.
Recall@3: wanted events that one of the best three finds (IoU .3). Edges: see ``finds.measure_finds``. A negative,
a video without events or with a label that says so, is clean when no highlight and no segment reaches 6. An
analysis that fails is a miss, or not clean. The baselines are those of ``benchmarks/baselines.py``; where a video
has no sound, loudness misses. Cost is that of the analysis with the measured signals, whatever the backend, over
bare decoding (``benchmarks/cost.py``); which of the two goes first changes from file to file.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.baselines import baseline_spans
from benchmarks.cost import Cost, decode, picture_stream, timed
from benchmarks.finds import chance, judge
from benchmarks.highlights_report import METHODS, Row, header_text, row_text, summary_of, summary_text
from benchmarks.in_process import add_model_arguments, highlights_of, model_of, source_of
from benchmarks.truth import Left, Truth, read_manifest
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import HighlightsResult, Skipped, Span
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.signals import SignalsModel

TURNS = 2  # of which the cheaper one counts as the cost


def evaluate(video: Path, truth: Truth, model: VideoModel, decode_first: bool | None) -> Row:
    """Analyze one video and compare. ``decode_first`` None leaves the cost out."""
    failure: str | None = None
    result: HighlightsResult | None = None
    cost: Cost | None = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = source_of(video, Path(folder) / "curves.npz")
            if decode_first is not None:
                cost, result = measure_cost(source, decode_first)
            if result is None or model.frames_wanted:
                result = highlights_of(source, model)
        except SmolVLMError as error:
            failure, result = error.message, None
    return row_of(truth, result, baselines_of(video), cost, failure)


def measure_cost(source: Source, decode_first: bool) -> tuple[Cost, HighlightsResult]:
    """Processor seconds of bare decoding and of the whole analysis with the measured signals.

    They take turns, and the less of ``TURNS`` counts: the first one finds cold caches and unloaded libraries.
    """

    def analyze() -> HighlightsResult:
        source.curves_path.unlink(missing_ok=True)  # else the second turn would not scan
        return highlights_of(source, SignalsModel("its cost is measured"))

    stream = picture_stream(source.video_path)
    decode_s = analysis_s = float("inf")
    for _ in range(TURNS):
        if decode_first:
            decode_s = min(decode_s, timed(lambda: decode(source.video_path, stream))[1])
        result, once_s = timed(analyze)
        analysis_s = min(analysis_s, once_s)
        if not decode_first:
            decode_s = min(decode_s, timed(lambda: decode(source.video_path, stream))[1])
    return Cost(decode_s, analysis_s), result


def baselines_of(video: Path) -> dict[str, tuple[Span, ...]]:
    """Empty where the video cannot be scanned."""
    try:
        return baseline_spans(video)
    except SmolVLMError:
        return {name: () for name in METHODS if name != "random"}


def row_of(
    truth: Truth,
    result: HighlightsResult | None,
    baselines: dict[str, tuple[Span, ...]],
    cost: Cost | None,
    failure: str | None,
) -> Row:
    moments = sorted(result.highlights, key=lambda moment: (-moment.score, moment.span)) if result else []
    scores = [moment.score for moment in moments]
    if result is not None:
        scores += [segment.score for segment in result.segments if not isinstance(segment.score, Skipped)]
    duration_s = result.duration_s if result else 0.0
    return Row(
        truth=truth,
        duration_s=duration_s,
        score=moments[0].score if moments else None,
        highest=max(scores, default=None),
        ours=judge([moment.span for moment in moments], truth),
        baselines={name: judge(spans, truth) for name, spans in baselines.items()},
        chance=chance(truth, duration_s),
        cost=cost,
        failure=failure,
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the summary and all rows here")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files whose name contains this")
    parser.add_argument("--no-cost", action="store_true", help="do not decode each file once more")
    add_model_arguments(parser)
    arguments = parser.parse_args(argv)
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    model = model_of(arguments)
    rows: list[Row] = []
    print(header_text())
    for entry in read_manifest(arguments.folder):
        if arguments.only not in entry.file:
            continue
        if isinstance(entry, Left):
            print(f"skipped: {entry.file}: {entry.reason}")
            continue
        decode_first = None if arguments.no_cost else len(rows) % 2 == 0
        rows.append(evaluate(arguments.folder / entry.file, entry, model, decode_first))
        print(row_text(rows[-1]), flush=True)
    print(summary_text(rows))
    if arguments.json is not None:
        summary = {"model": asdict(model.info), **summary_of(rows)}
        arguments.json.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row.failure is not None for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
