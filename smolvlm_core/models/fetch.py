"""Gets BlazePose's two files out of MediaPipe's wheel, through pip and its index: once, then they stay on disk.

``python -m smolvlm_core.models.fetch`` does so ahead of time. Knows no settings, and nothing of what the files do.
"""

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smolvlm_core.domain import CheckCancelled, never_cancelled
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.log import log_event

PACKAGE = "mediapipe==0.10.21"  # later wheels hold no models (docs/adr/0006)
WHEEL = ("--python-version", "3.12", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64")
"""One wheel for every Python and platform, since only models are taken out of it."""
PIP_OPTIONS = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--timeout=15", "--retries=1")
TIMEOUT_S = 600.0  # for 36 MB: slower than 60 kB/s counts as no network
POLL_S = 0.1  # how often somebody who waits looks whether he was cancelled
KEPT_LINES = 40  # of what pip says; the reason is among the last
UNREACHED = ("connection", "timed out", "max retries")  # in what pip says, lower case
OWN_FILES = "Set SMOLVLM_POSE_DIR to a folder that holds the two files."


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of the wheel; ``sha256`` in hexadecimal."""

    path_in_wheel: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        return self.path_in_wheel.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """``files``: sizes and sums are those of the wheels of 2025-01-31."""

    files: tuple[ModelFile, ...] = (
        ModelFile(
            "mediapipe/modules/pose_detection/pose_detection.tflite",
            2_959_046,
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ),
        ModelFile(
            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            6_440_512,
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
    )
    timeout_s: float = TIMEOUT_S


def pose_folder(data_dir: Path) -> Path:
    """Where fetched files are kept."""
    return data_dir / "models" / "pose"


def is_whole(folder: Path, options: FetchOptions = FetchOptions()) -> bool:
    """Whether all files are there and are the known ones."""
    return all(_is_known(folder / file.name, file) for file in options.files)


def fetch_pose_files(
    data_dir: Path, check: CheckCancelled = never_cancelled, options: FetchOptions = FetchOptions()
) -> Path:
    """The folder with the files, fetched unless they are there. Several processes may do so at once.

    Raises: ModelUnavailable: no pip, no network, another wheel than the known one, no place; Cancelled.
    """
    folder = pose_folder(data_dir)
    if is_whole(folder, options):
        return folder
    started_s = time.monotonic()
    log_event("pose_fetching", package=PACKAGE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="smolvlm-pose-", ignore_cleanup_errors=True) as place:
            _download(Path(place), check, options.timeout_s)
            _unpack(Path(place), folder, options)
    except OSError as error:
        raise ModelUnavailable(
            "The pose model could not be stored.", hint="Check the data folder's free space and permissions."
        ) from error
    log_event("pose_fetched", package=PACKAGE, took_s=time.monotonic() - started_s)
    return folder


def _download(place: Path, check: CheckCancelled, timeout_s: float) -> None:
    """Let pip put the wheel into ``place``; what pip says is read all the while, so that it never waits for us."""
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable("The pose model could not be fetched: this Python has no pip.", hint=OWN_FILES)
    command = [sys.executable, "-m", "pip", "download", *PIP_OPTIONS, *WHEEL, "--dest", str(place), PACKAGE]
    with subprocess.Popen(  # noqa: S603 - our own interpreter, constant arguments
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as pip:
        assert pip.stdout is not None
        said: deque[bytes] = deque(maxlen=KEPT_LINES)
        reader = threading.Thread(target=said.extend, args=(pip.stdout,), name="pip-output", daemon=True)
        reader.start()
        try:
            _wait(pip, check, timeout_s)
        finally:
            pip.kill()
            pip.wait()
            reader.join()
    if pip.returncode != 0:
        raise _failure(pip.returncode, b"".join(said).decode(errors="replace"))


def _wait(pip: "subprocess.Popen[bytes]", check: CheckCancelled, timeout_s: float) -> None:
    end_s = time.monotonic() + timeout_s
    while pip.poll() is None:
        check()
        if time.monotonic() >= end_s:
            raise ModelUnavailable("The pose model could not be fetched: the network is too slow.", hint=OWN_FILES)
        try:
            pip.wait(POLL_S)
        except subprocess.TimeoutExpired:
            continue


def _failure(status: int, said: str) -> ModelUnavailable:
    """The reason, from what pip said; its own words go to the log."""
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    log_event("pip_failed", status=status, said=(errors or said.splitlines() or [""])[-1])
    reason = "pip failed"
    if any(sign in said.lower() for sign in UNREACHED):
        reason = "the package index cannot be reached"
    elif "No matching distribution" in said:
        reason = f"the package index has no {PACKAGE}"
    return ModelUnavailable(f"The pose model could not be fetched: {reason}.", hint=OWN_FILES)


def _unpack(place: Path, folder: Path, options: FetchOptions) -> None:
    """Take the files out of the wheel in ``place``, each whole or not at all."""
    try:
        (wheel,) = place.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for file in options.files:
                if archive.getinfo(file.path_in_wheel).file_size != file.size_bytes:
                    raise ValueError(f"{file.name} has another size")
                data = archive.read(file.path_in_wheel)
                if hashlib.sha256(data).hexdigest() != file.sha256:
                    raise ValueError(f"{file.name} has another sum")
                _write(folder, file, data)
    except (ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelUnavailable(
            "The pose model could not be fetched: the package holds other files than the known ones.",
            hint=OWN_FILES,
        ) from error


def _write(folder: Path, file: ModelFile, data: bytes) -> None:
    partial = folder / f"{file.name}.{uuid.uuid4()}.partial"
    try:
        partial.write_bytes(data)
        partial.replace(folder / file.name)
    except PermissionError:  # on Windows a file in use cannot be replaced; another process may have been first
        if not _is_known(folder / file.name, file):
            raise
    finally:
        partial.unlink(missing_ok=True)


def _is_known(path: Path, file: ModelFile) -> bool:
    try:
        data = path.read_bytes() if path.stat().st_size == file.size_bytes else b""
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest() == file.sha256


def main(arguments: Sequence[str] | None = None, options: FetchOptions = FetchOptions()) -> int:
    """The command: says where the files are, or why they cannot be had; the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m smolvlm_core.models.fetch",
        description="Fetch the pose model's files, unless they are there.",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("SMOLVLM_DATA_DIR", ".data")),
        help="the app's data folder (default: SMOLVLM_DATA_DIR, or .data)",
    )
    data_dir = parser.parse_args(arguments).data_dir
    was_there = is_whole(pose_folder(data_dir), options)
    try:
        folder = fetch_pose_files(data_dir, never_cancelled, options)
    except ModelUnavailable as error:
        sys.stderr.write(f"{error.for_users}\n")
        return 1
    sys.stdout.write(f"{'The pose model is in' if was_there else 'Fetched the pose model into'} {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
