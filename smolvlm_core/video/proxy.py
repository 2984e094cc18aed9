"""Makes the version of a video that every browser plays: H.264 and AAC in MP4, each picture at its own time.

Copied where only the container or the sound is the problem; else encoded, at most 720 pixels on the shorter side.
"""

from pathlib import Path

import av

from smolvlm_core.domain import CheckCancelled, Span, never_cancelled
from smolvlm_core.video.encoding import whole_or_nothing
from smolvlm_core.video.framing import Framing
from smolvlm_core.video.reel import Piece, Rendered, ReportShare, not_reported, write_movie
from smolvlm_core.video.remuxing import copy_whole

FRAMING = Framing(shorter_side_px=720)
CRF = 26  # of x264: its default is 23; chosen, not compared, for finding one's way about a video
BEYOND_S = 86_400.0  # longer than any video, so that one ends where its pictures do and not where a header says


def make_proxy(
    path: Path,
    target: Path,
    duration_s: float,
    check: CheckCancelled = never_cancelled,
    report: ReportShare = not_reported,
) -> Rendered:
    """Writes the version of ``path`` to ``target``, whole or not at all; damaged pictures are left out.

    A moment has the same time in both: seconds from the first picture that decodes.
    Args: duration_s: about how long the video is, to report by.
    Raises: NothingToCut: no picture decodes; ClipError: it cannot be written; Cancelled from ``check``; what
    ``open_video`` raises.
    """
    with whole_or_nothing(target) as partial:
        try:
            copied = copy_whole(path, partial, check, report)
        except (av.FFmpegError, ValueError):  # a stream that MP4 does not take as it is
            copied = None
        if copied is not None:
            return copied
        whole = Span(0.0, duration_s + BEYOND_S)

        def report_of_video(share: float) -> None:
            report(min(1.0, share * whole.duration_s / max(duration_s, 1e-3)))

        return write_movie((Piece(path, whole),), partial, FRAMING, check, report_of_video, CRF)
