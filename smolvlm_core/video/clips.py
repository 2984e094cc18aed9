"""Cuts one clip out of a video: copied where that is exact, encoded anew elsewhere."""

from pathlib import Path

from smolvlm_core.domain import CheckCancelled, never_cancelled
from smolvlm_core.video.copying import copy_clip
from smolvlm_core.video.encoding import whole_or_nothing
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece, Rendered, ReportShare, not_reported, write_movie


def cut_clip(
    piece: Piece,
    target: Path,
    framing: Framing | None = None,
    check: CheckCancelled = never_cancelled,
    report: ReportShare = not_reported,
) -> Rendered:
    """Writes the piece to ``target``, whole or not at all: the picture shown at its start comes first, and it
    ends within a picture of its end, or where the video breaks off.

    Raises: NothingToCut: there is no picture; ClipError: it cannot be written; Cancelled from ``check``; what
    ``open_video`` raises.
    """
    framing = framing or Framing()
    with whole_or_nothing(target) as partial:
        if framing.aspect is Aspect.ORIGINAL and not piece.caption:
            cut = copy_clip(piece.path, piece.span, partial, framing.longest_side_px, check)
            if cut is not None:
                report(1.0)
                return Rendered(cut.duration_s, cut.width, cut.height, copied=True)
        return write_movie((piece,), partial, framing, check, report)
