"""Puts the REST interface together. The page's server runs its routes, handlers and middleware."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Route

from smolvlm_core import __version__
from smolvlm_core.api import (
    clips,
    corrections,
    estimates,
    events,
    exports,
    health,
    legacy,
    media,
    previews,
    routes,
    thumbnails,
)
from smolvlm_core.api.deps import Provide
from smolvlm_core.api.edge import Edge
from smolvlm_core.api.metrics import ID_LABEL, Metrics
from smolvlm_core.api.openapi import DESCRIPTION, TAGS, describe
from smolvlm_core.api.problems import handlers
from smolvlm_core.jobs.service import JobService

ALSO_UNDER = "/api"  # older clients call the older endpoints there


def create_api(service: JobService, cors_origins: Sequence[str] = ()) -> FastAPI:
    """The REST interface of ``service``.

    Args: cors_origins: other sites that may call it from a browser; ``*`` for all, without credentials.
    """
    api = FastAPI(
        title="SmolVLM video analysis",
        description=DESCRIPTION,
        version=__version__,
        openapi_tags=TAGS,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        exception_handlers=handlers(),
    )
    routers = (
        ("", routes.router),
        ("", corrections.router),
        ("", estimates.router),
        ("", media.router),
        ("", previews.router),
        ("", exports.router),
        ("", clips.router),
        ("", thumbnails.router),
        ("", events.router),
        ("", legacy.router),
        (ALSO_UNDER, legacy.router),
        ("", health.health_router),
        (ALSO_UNDER, health.health_router),
        ("", health.router),
    )
    metrics = Metrics(service, frozenset(path for prefix, router in routers for path in _paths(prefix, router)))
    provide = Depends(Provide(service, metrics))
    for prefix, router in routers:
        api.include_router(router, prefix=prefix, dependencies=[provide])
    api.add_middleware(Edge, metrics=metrics, cors_origins=tuple(cors_origins))
    describe(api)
    return api


def _paths(prefix: str, router: APIRouter) -> list[str]:
    """The paths of a router as they label metrics."""
    return [prefix + ID_LABEL.sub("{id}", route.path) for route in router.routes if isinstance(route, Route)]
