"""Where BlazePose comes from: a folder that somebody named, or one that it is fetched into. Never in silence.

Knows no settings and no video.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.log import log_event
from smolvlm_core.models.base import PoseModel
from smolvlm_core.models.fetch import fetch_pose_files
from smolvlm_core.models.pose import open_blazepose, require_litert

RETRY_S = 600.0  # after a failure the files are fetched again, by the first one who asks
WAIT_S = 0.2  # how often somebody who waits looks whether he was cancelled


@dataclass(frozen=True, slots=True)
class PoseSourceOptions:
    """``folder`` holds the two files; None: they are fetched into the data folder."""

    data_dir: Path
    folder: Path | None = None
    mode: Literal["auto", "off"] = "auto"


Fetch = Callable[[Path, CheckCancelled], Path]
"""From a data folder to the folder with the files in it. Raises: ModelUnavailable, Cancelled."""

Open = Callable[[Path, str], PoseModel]
"""A pose model out of a folder, and why this one. Raises: ModelUnavailable."""


class BlazePoseSource:
    """The ``PoseSource`` of this process. Thread-safe; one fetches, others who ask meanwhile wait for it."""

    def __init__(
        self,
        options: PoseSourceOptions,
        fetch: Fetch = fetch_pose_files,
        open_folder: Open = open_blazepose,
        retry_s: float = RETRY_S,
    ) -> None:
        self._options = options
        self._fetch = fetch
        self._open = open_folder
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._fetching = False
        self._failure: ModelUnavailable | None = None
        self._retry_at = 0.0  # on the monotonic clock; of a failure

    def open(self, check: CheckCancelled) -> PoseModel:
        """A fresh BlazePose that follows nobody yet; the first time its files may have to be fetched.

        Raises: ModelUnavailable: with the reason for people; after a failure to fetch at once, for
        ``retry_s``; Cancelled.
        """
        if self._options.mode == "off":
            raise ModelUnavailable("SMOLVLM_POSE is off.")
        try:
            require_litert()  # first: without it there is nothing to fetch for
            model = self._open(*self._folder(check))
        except ModelUnavailable as error:
            log_event("pose_unavailable", reason=error.message, cause=error.__cause__ and repr(error.__cause__))
            raise
        log_event("pose_chosen", id=model.info.id, reason=model.info.reason)
        return model

    def _folder(self, check: CheckCancelled) -> tuple[Path, str]:
        """The folder, and why it is this one."""
        if self._options.folder is not None:
            return self._options.folder, "SMOLVLM_POSE_DIR names its folder"
        self._wait_for_turn(check)
        failure: ModelUnavailable | None = None
        try:
            return self._fetch(self._options.data_dir, check), "its files are in the data folder"
        except ModelUnavailable as error:
            failure = error
            raise
        finally:
            self._end_turn(failure)

    def _wait_for_turn(self, check: CheckCancelled) -> None:
        """Return when nobody else fetches, and nothing failed lately. Raises: ModelUnavailable, Cancelled."""
        while True:
            check()
            with self._changed:
                if not self._fetching:
                    if self._failure is not None and time.monotonic() < self._retry_at:
                        failure = self._failure
                        raise ModelUnavailable(failure.message, hint=failure.hint) from failure
                    self._fetching = True
                    return
                self._changed.wait(WAIT_S)

    def _end_turn(self, failure: ModelUnavailable | None) -> None:
        with self._changed:
            self._fetching = False
            self._failure = failure
            self._retry_at = time.monotonic() + self._retry_s
            self._changed.notify_all()
