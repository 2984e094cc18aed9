"""How long an analysis will take, before it is started and while it runs. Knows no form of results."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.forms import MaxHighlights, SegmentDuration
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import EstimateResponse
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Thoroughness
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import EstimateView


def _options(
    analysis_type: Annotated[AnalysisType, Query(description="What to look for.")] = AnalysisType.HIGHLIGHTS,
    max_highlights: MaxHighlights = 10,
    segment_duration: SegmentDuration = 15.0,
    thoroughness: Annotated[
        Thoroughness, Query(description="How much of a long video the model looks at.")
    ] = Thoroughness.BALANCED,
) -> AnalysisOptions:
    return AnalysisOptions(
        analysis_type,
        max_highlights=max_highlights,
        segment_duration_s=segment_duration,
        thoroughness=thoroughness,
    )


OptionsQuery = Annotated[AnalysisOptions, Depends(_options)]

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.get("/estimate/{session_id}", response_model=EstimateResponse, responses=described(404, 410, 422))
async def estimate(session_id: SessionIdPath, service: Service, options: OptionsQuery) -> Response:
    """How long an analysis with these parameters would take if it were started now.

    While one runs, the parameters are not looked at: the answer is how long that one still takes.
    """
    view = await run_in_threadpool(_estimated, service, session_id, options)
    return Response(wire.to_json(wire.estimate(session_id, options, view)), media_type="application/json")


def _estimated(service: JobService, session_id: str, options: AnalysisOptions) -> EstimateView | None:
    return service.time_left(session_id) or service.estimate(session_id, options)
