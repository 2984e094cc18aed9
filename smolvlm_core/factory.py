"""Wires settings, model, jobs, REST and page into one app. Beside ``app.py`` the only reader of settings."""

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from types import FrameType
from typing import TYPE_CHECKING

from anyio import to_thread

from smolvlm_core.domain import Limits
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.sessions import SessionManager
from smolvlm_core.jobs.store import Store
from smolvlm_core.jobs.tasks import Engine, TaskManager, TaskOptions
from smolvlm_core.jobs.visits import Visits, nobody_asks
from smolvlm_core.models.base import PoseSource
from smolvlm_core.models.engine import EngineOptions, ModelEngine
from smolvlm_core.models.pose_source import BlazePoseSource, PoseSourceOptions
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.models.zero_gpu.place import on_zero_gpu
from smolvlm_core.settings import Settings

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class App:
    """The page, the REST API and the service behind both. ``serve`` runs them as one process."""

    page: "gr.Blocks"
    api: "FastAPI"
    service: JobService
    settings: Settings


def create_service(
    settings: Settings,
    engine: Engine | None = None,
    poses: PoseSource | None = None,
    visits: Visits = nobody_asks,
) -> JobService:
    """Everything behind the doors; ``engine`` and ``poses`` stand in for the models in tests. Not started yet."""
    limits = Limits(**{name: getattr(settings, name) for name in Limits.__slots__})
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = engine or _engine_of(settings)
    poses = poses or BlazePoseSource(PoseSourceOptions(settings.data_dir, settings.pose_dir, settings.pose))
    database_url = settings.resolved_database_url
    store = Store(database_url)
    sessions = SessionManager(store, settings.data_dir, limits)
    options = TaskOptions(database_url, settings.worker_id, settings.concurrency, limits.queue_limit)
    return JobService(sessions, TaskManager(store, sessions, engine, poses, options, visits), engine, limits)


def _engine_of(settings: Settings) -> ModelEngine:
    """On ZeroGPU it is loaded here and now, which takes a while: later it would find no GPU."""
    engine = ModelEngine(
        EngineOptions(
            backend=settings.backend,
            checkpoint=settings.checkpoint,
            revision=settings.revision,
            device=settings.device,
            frames_per_segment=settings.frames_per_segment,
            converted_dir=settings.data_dir.resolve() / "converted-models",
            calibration_dir=settings.calibration_dir,
            remote=_remote_options(settings),
        )
    )
    if on_zero_gpu():
        engine.load_here()
    return engine


def _remote_options(settings: Settings) -> RemoteOptions | None:
    if not settings.remote_url:
        return None
    key = settings.remote_key.get_secret_value() if settings.remote_key else None
    return RemoteOptions(settings.remote_url, settings.remote_model or None, key)


def create_app(settings: Settings, engine: Engine | None = None) -> App:
    """The whole app, not started yet."""
    _keep_browser_uploads_near(settings)
    # Imported here, for a worker needs neither and Gradio takes seconds to import.
    from smolvlm_core.api.app import create_api  # noqa: PLC0415
    from smolvlm_core.ui.page import build_page  # noqa: PLC0415

    if not on_zero_gpu():
        service = create_service(settings, engine)
        return App(build_page(service), create_api(service, settings.cors_origins), service, settings)
    from smolvlm_core.ui.visitors import RestVisitors, Visitors  # noqa: PLC0415

    visitors = Visitors()
    service = create_service(settings, engine, visits=visitors)
    visitors.page = build_page(service)
    api = create_api(service, settings.cors_origins)
    api.add_middleware(RestVisitors)
    return App(visitors.page, api, service, settings)


def _keep_browser_uploads_near(settings: Settings) -> None:
    """Let Gradio put uploads on the sessions' disk, where a hard link adopts them.

    What a killed process left there is dropped. Gradio reads the variable when it is imported; one that was
    set before stays.
    """
    folder = settings.data_dir.resolve() / f"browser-uploads-{settings.worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ.setdefault("GRADIO_TEMP_DIR", str(folder))


def _lifespan(service: JobService) -> "Callable[[FastAPI], AbstractAsyncContextManager[None]]":
    @asynccontextmanager
    async def lifespan(_api: "FastAPI") -> AsyncIterator[None]:
        await to_thread.run_sync(service.start)
        # What is loaded by now stays: a collection that looks through it stops every request for 0.3 s.
        gc.collect()
        gc.freeze()
        yield
        await to_thread.run_sync(service.close)

    return lifespan


def serve(app: App, *, host: str, port: int, block: bool = True) -> None:
    """Serve page and REST on one port. Blocks until the process is told to end, unless ``block`` is False.

    Raises: OSError: the port is taken.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        app.service.announce_end()
        raise KeyboardInterrupt

    if block:  # Gradio's server closes on KeyboardInterrupt; containers send SIGTERM
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
    # Gradio gives its server five seconds to start, which on a slow disk are too few for the engine's tables.
    # On ZeroGPU no task may begin before ``launch`` has prepared the GPU.
    if not on_zero_gpu():
        app.service.start_tasks()
    try:
        _launch(app, host, port, block=block)
    except OSError:
        app.service.close()
        raise


def _launch(app: App, host: str, port: int, *, block: bool) -> None:
    """The routes are handed to Gradio's own server (docs/adr/0004): mounting Blocks under another one
    would lose ZeroGPU's start-up hook.
    """
    from smolvlm_core.ui.mcp import serves_mcp  # noqa: PLC0415
    from smolvlm_core.ui.page import page_options  # noqa: PLC0415

    look = page_options()
    app.page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=not block,
        quiet=True,
        **{field.name: getattr(look, field.name) for field in fields(look)},
        ssr_mode=False,
        mcp_server=serves_mcp(),
        max_file_size=app.settings.max_upload_bytes,
        app_kwargs={
            "routes": app.api.routes,
            "lifespan": _lifespan(app.service),
            "openapi_url": None,
            "exception_handlers": app.api.exception_handlers,
            "middleware": app.api.user_middleware,
        },
    )
