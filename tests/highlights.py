"""Results of a highlights analysis as clips need them."""

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span


def highlights_of(*spans: Span) -> Report:
    """Highlights with these spans, best first: ``h1``, ``h2`` …"""
    return {
        "analysis_type": "highlights",
        "highlights": [
            {
                "id": f"h{number}",
                "start_timestamp": span.start_s,
                "end_timestamp": span.end_s,
                "significance_score": 10.0 - number,
                "description": f"Moment {number}.",
            }
            for number, span in enumerate(spans, 1)
        ],
    }
