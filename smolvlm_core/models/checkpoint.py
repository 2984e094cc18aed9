"""Find a checkpoint's files: a local folder, the hub's cache, or a download with progress. Loads nothing."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from smolvlm_core.errors import ModelUnavailable

if TYPE_CHECKING:
    from huggingface_hub import HfApi

OnPercent = Callable[[float], None]
"""Called with 0..100 while a download runs, from its threads; never goes back."""

NEEDED = ("*.json", "*.txt", "*.jinja", "*.safetensors")
UNNEEDED = ("*/*",)  # other formats (ONNX) live in subfolders
REACH_TIMEOUT_S = 8.0  # for the hub's first answer, name resolution included
REQUEST_TIMEOUT_S = 5.0
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Files of a SmolVLM2 on disk. ``id`` is fit for users; ``revision`` is a commit, where there is one."""

    folder: Path
    id: str
    revision: str | None


def find_checkpoint(
    name: str, revision: str | None, on_percent: OnPercent, endpoint: str | None = None
) -> Checkpoint:
    """The files of a local folder or hub id; what is cached is used without asking the hub.

    Raises: ModelUnavailable: no such folder or repository, no network and no cache, or a broken download;
    without network this takes ``REACH_TIMEOUT_S`` at most.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _local(folder)
    if not HUB_ID.fullmatch(name):
        raise ModelUnavailable(
            f"The checkpoint folder '{folder.name}' does not exist.",
            hint="Set SMOLVLM_CHECKPOINT to a folder or to a hub id such as owner/name.",
        )
    return _cached(name, revision) or _download(name, revision, on_percent, endpoint)


def _local(folder: Path) -> Checkpoint:
    folder = folder.resolve()
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(f"The folder '{folder.name}' holds no checkpoint: config.json is missing.")
    in_hub_cache = folder.parent.name == "snapshots" and COMMIT.fullmatch(folder.name)
    if in_hub_cache:
        return Checkpoint(
            folder, folder.parent.parent.name.removeprefix("models--").replace("--", "/"), folder.name
        )
    return Checkpoint(folder, folder.name, None)


def _cached(name: str, revision: str | None) -> Checkpoint | None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        found = snapshot_download(
            name,
            revision=revision,
            local_files_only=True,
            allow_patterns=list(NEEDED),
            ignore_patterns=list(UNNEEDED),
        )
    except (OSError, ValueError):  # not there, or not whole
        return None
    folder = Path(found)
    whole = (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return Checkpoint(folder, name, folder.name) if whole else None


@dataclass(frozen=True, slots=True)
class _Remote:
    """A repository as the hub describes it; ``size_bytes`` of the needed files, 0 when it does not say."""

    commit: str
    size_bytes: int


def _download(name: str, revision: str | None, on_percent: OnPercent, endpoint: str | None) -> Checkpoint:
    from huggingface_hub import HfApi, constants, snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError  # noqa: PLC0415

    # The HTTP library's errors are no OSErrors, and which library it is changes with the hub client's version.
    network_errors: tuple[type[Exception], ...] = (
        OSError,
        ValueError,
        *cast("tuple[type[Exception], ...]", HfHubHTTPError.__bases__),
    )
    if constants.HF_HUB_OFFLINE:
        raise ModelUnavailable(
            f"{name} could not be downloaded: HF_HUB_OFFLINE forbids it and no copy is cached.",
            hint="Unset HF_HUB_OFFLINE, or set SMOLVLM_CHECKPOINT to a local folder.",
        )
    try:
        remote = _ask_hub(HfApi(endpoint=endpoint), name, revision)
        folder = snapshot_download(
            name,
            revision=remote.commit,
            endpoint=endpoint,
            allow_patterns=list(NEEDED),
            ignore_patterns=list(UNNEEDED),
            tqdm_class=progress_class(remote.size_bytes, on_percent),
        )
    except GatedRepoError as error:
        raise ModelUnavailable(f"{name} is gated: accept its terms and set HF_TOKEN.") from error
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(f"The hub has no {name}, or it is private.") from error
    except HfHubHTTPError as error:
        raise ModelUnavailable(f"{name} could not be downloaded: the hub refused it.") from error
    except network_errors as error:
        raise ModelUnavailable(
            f"{name} could not be downloaded: no network.",
            hint="Check the connection, or set SMOLVLM_CHECKPOINT to a local folder.",
        ) from error
    on_percent(100.0)
    return Checkpoint(Path(folder), name, remote.commit)


def _ask_hub(api: "HfApi", name: str, revision: str | None) -> _Remote:
    """Commit and size of a repository, in bounded time: resolving a name knows no timeout of its own."""
    replies: list[Any] = []

    def ask() -> None:
        try:
            replies.append(api.model_info(name, revision=revision, timeout=REQUEST_TIMEOUT_S, files_metadata=True))
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread and raised there
            replies.append(error)

    asking = threading.Thread(target=ask, name="ask-hub", daemon=True)
    asking.start()
    asking.join(REACH_TIMEOUT_S)
    if not replies:
        raise TimeoutError("the hub did not answer")
    if isinstance(replies[0], BaseException):
        raise replies[0]
    files = [file for file in replies[0].siblings or [] if _is_needed(file.rfilename)]
    return _Remote(str(replies[0].sha), sum(file.size or 0 for file in files))


def _is_needed(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in NEEDED) and not any(fnmatch(name, p) for p in UNNEEDED)


def progress_class(size_bytes: int, on_percent: OnPercent) -> Any:
    """A ``tqdm`` that draws nothing and reports the percentage of ``size_bytes`` (or of its own total)."""
    from tqdm import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415

    lock = threading.Lock()
    best = 0.0

    class Progress(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            self.counts_bytes = options.get("unit") == "B"
            super().__init__(*args, **options | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            nonlocal best
            if not self.counts_bytes:
                return
            with lock:
                self.n += n or 0
                total = size_bytes or self.total or 0
                percent = min(100.0, 100.0 * self.n / total) if total else 0.0
                further, best = percent > best, max(best, percent)
            if further:
                on_percent(percent)

    return Progress
