"""All ``SMOLVLM_*`` environment variables as one frozen object. Only ``factory`` and ``app.py`` read it."""

import difflib
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SMOLVLM_"
GIB = 1024**3


class Settings(BaseSettings):
    """Each field is the variable of the same name in capitals with the prefix ``SMOLVLM_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    # Where things live
    data_dir: Path = Field(Path(".data"), description="Folder for uploads, results and the database.")
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the job database; a SQLite file in the data folder when unset."
    )

    # The model
    backend: Literal["auto", "torch", "openvino", "remote", "signals"] = Field(
        "auto", description="Which model judges: `auto` takes the first that works and says why."
    )
    checkpoint: str | None = Field(
        None, description="Hub id or local folder of a SmolVLM2 checkpoint; chosen by device when unset."
    )
    revision: str | None = Field(None, description="Branch, tag or commit of the checkpoint.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where the torch backend runs.")
    calibration_dir: Path | None = Field(
        None,
        description="Folder of pictures to convert the model for OpenVINO by; generated ones when unset.",
    )
    frames_per_segment: int = Field(8, ge=1, le=64, description="Frames of a segment that the model sees.")
    remote_url: str | None = Field(
        None,
        repr=False,  # it may hold a password
        description="Base URL of an OpenAI-compatible server, to which frames are sent; `auto` takes it when set.",
    )
    remote_model: str | None = Field(
        None, description="What that server calls the model; the checkpoint's name, or its only one, when unset."
    )
    remote_key: SecretStr | None = Field(None, description="Key for that server; never logged or shown.")

    # The body in a workout
    pose: Literal["auto", "off"] = Field("auto", description="Whether workouts look for a body with BlazePose.")
    pose_dir: Path | None = Field(
        None, description="Folder with the two BlazePose files; fetched once into the data folder when unset."
    )

    # Limits; every one answers with the error that names it
    max_upload_bytes: int = Field(2 * GIB, gt=0, description="Largest upload.")
    max_duration_s: float = Field(4 * 3600.0, gt=0, description="Longest video.")
    max_side_px: int = Field(8192, gt=0, description="Largest picture width or height.")
    max_frame_px: int = Field(40_000_000, gt=0, description="Largest picture area.")
    queue_limit: int = Field(100, ge=1, description="Analyses waiting or running at once.")
    session_ttl_s: float = Field(24 * 3600.0, gt=0, description="How long a session is kept after its last use.")
    disk_budget_bytes: int = Field(20 * GIB, gt=0, description="Disk space for all sessions together.")
    concurrency: int = Field(1, ge=0, le=64, description="Analyses at a time in this process; 0 only queues.")

    # The service
    worker_id: str = Field("local", description="Name of this process in a fleet; it recovers jobs of this name.")
    cors_origins: tuple[str, ...] = Field(
        (), description='Other sites that may call the API from a browser, as a JSON list; `["*"]` for all.'
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is logged.")

    @property
    def resolved_database_url(self) -> str:
        """The database to use: the given one, or a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'jobs.sqlite').resolve()}"


def load_settings() -> Settings:
    """The settings of this process.

    Raises: ValueError: a ``SMOLVLM_*`` name is unknown (the message has the nearest known one) or a
    value is out of range.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)
            raise ValueError(f"unknown setting {name}; the nearest known one is {near[0]}")
    return Settings()
