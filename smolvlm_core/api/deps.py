"""What every endpoint is given. The routes run inside the page's app, so nothing hangs on ``request.app``."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from smolvlm_core.api.metrics import Metrics
from smolvlm_core.api.schemas import EXAMPLE_ID
from smolvlm_core.jobs.service import JobService


class Provide:
    """A router's first dependency: puts the service within reach of the endpoints' own."""

    def __init__(self, service: JobService, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics

    async def __call__(self, connection: HTTPConnection) -> None:
        connection.state.service = self._service
        connection.state.metrics = self._metrics


async def _service(connection: HTTPConnection) -> JobService:
    service = connection.state.service
    assert isinstance(service, JobService)
    return service


async def _metrics(connection: HTTPConnection) -> Metrics:
    metrics = connection.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


Service = Annotated[JobService, Depends(_service)]
Counted = Annotated[Metrics, Depends(_metrics)]
SessionIdPath = Annotated[
    str,
    Path(description="Id of the session.", examples=[EXAMPLE_ID], json_schema_extra={"format": "uuid"}),
]
