"""How the service is doing: for people, load balancers and Prometheus."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Counted, Service
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import HealthResponse, ReadyResponse
from smolvlm_core.domain import ModelState
from smolvlm_core.errors import ModelUnavailable

TAG = "Service"

health_router = APIRouter(tags=[TAG])
router = APIRouter(tags=[TAG])


@health_router.get("/health", response_model=HealthResponse, response_model_exclude_none=True)
async def health(service: Service) -> HealthResponse:
    """The process answers; where the model stands, and how busy the queue is."""
    return wire.health(service.model_status(), service.load(), service.limits)


@router.get("/ready", response_model=ReadyResponse, responses=described(503))
async def ready(service: Service) -> ReadyResponse:
    """200 once the model is loaded, 503 before: for load balancers."""
    status = service.model_status()
    if status.state is not ModelState.READY:
        raise ModelUnavailable(f"The model is not ready: {status.message}")
    return ReadyResponse(message=status.message)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(metrics: Counted) -> Response:
    """Counters and gauges in Prometheus' text format."""
    return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE_LATEST)
