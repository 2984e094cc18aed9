"""Every exception this package raises; what each means and what to do about it.

Knows nothing of HTTP: ``api/problems.py`` holds the one table from class to status.
Messages are fit for users: plain words, no server path, no library's own text.
"""


class SmolVLMError(Exception):
    """Base of all errors raised on purpose.

    ``code`` is stable and machine-readable; ``hint`` says what to do, when there is something to do.
    """

    code = "internal_error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def for_users(self) -> str:
        """Message and hint as one text."""
        return f"{self.message} {self.hint}" if self.hint else self.message


# -- Input: the file or a parameter cannot be used ------------------------------------------


class InputError(SmolVLMError):
    """What was sent cannot be used. Send something else."""

    code = "invalid_input"


class InvalidParameter(InputError):
    """A parameter is missing, of the wrong type or out of range. The message names the field,
    what was sent and what is allowed."""

    code = "invalid_parameter"

    def __init__(self, field: str, sent: object, allowed: str) -> None:
        super().__init__(f"{field}: {str(sent)[:80]!r} was sent; allowed: {allowed}.")
        self.field = field


class UnsupportedContainer(InputError):
    """The first bytes are not those of a video container we open (playlists and stills are refused)."""

    code = "unsupported_container"


class NoVideoStream(InputError):
    """The file opens but holds no picture stream: sound only, or cover art."""

    code = "no_video_stream"


class Undecodable(InputError):
    """The container or its codec is damaged or unknown: not one frame can be decoded."""

    code = "undecodable"


class VideoTooLong(InputError):
    """The video lasts longer than ``SMOLVLM_MAX_DURATION_S``."""

    code = "video_too_long"


class FrameTooLarge(InputError):
    """The picture exceeds ``SMOLVLM_MAX_SIDE_PX`` or ``SMOLVLM_MAX_FRAME_PX``."""

    code = "frame_too_large"


class UploadTooLarge(InputError):
    """The upload exceeds ``SMOLVLM_MAX_UPLOAD_BYTES``. Refused while it streams; nothing is kept."""

    code = "upload_too_large"


# -- Model: SmolVLM2 cannot be had or cannot answer -----------------------------------------


class ModelError(SmolVLMError):
    """The model failed. The log has the cause."""

    code = "model_error"


class ModelUnavailable(ModelError):
    """The checkpoint cannot be loaded (no network and no cache, or damaged files). With
    ``SMOLVLM_BACKEND=auto`` the service falls back to ``signals`` and says so."""

    code = "model_unavailable"


class GpuRefused(ModelError):
    """ZeroGPU lends no GPU now, or took it back. Ends the analysis: the next question would meet the same."""

    code = "gpu_refused"


class GpuQuotaSpent(GpuRefused):
    """The visitor's GPU time on Hugging Face, or the Space's own, is used up for now."""

    code = "gpu_quota_spent"


# -- Clip: a clip or reel cannot be cut -----------------------------------------------------


class ClipError(SmolVLMError):
    """A clip could not be cut or encoded."""

    code = "clip_error"


class NothingToCut(ClipError):
    """The video has no picture that decodes where the clip should be: it breaks off before."""

    code = "nothing_to_cut"


# -- Job: sessions, tasks and their queue ---------------------------------------------------


class JobError(SmolVLMError):
    """Something about a session or task is not as the caller assumed."""

    code = "job_error"


class SessionNotFound(JobError):
    """No session has this id, or it was deleted. Upload again."""

    code = "session_not_found"


class SessionExpired(JobError):
    """The session's time was up and its files are gone. Upload again."""

    code = "session_expired"


class AlreadyAnalyzing(JobError):
    """The session has a queued or running analysis. Wait for it, or cancel it first."""

    code = "already_analyzing"


class NotCompleted(JobError):
    """Results were asked for before there are any. ``status`` is the session's current one."""

    code = "not_completed"

    def __init__(self, status: str) -> None:
        super().__init__(f"The analysis is not completed; its status is '{status}'.")
        self.status = status


class SetNotFound(JobError):
    """The results have no set of this number. The steps' ``set_number`` tells which there are."""

    code = "set_not_found"


class NotAWorkout(JobError):
    """Sets were asked for, but the results are highlights. Analyze the video as a workout."""

    code = "not_a_workout"


class CorrectionConflict(JobError):
    """Somebody else corrected the same thing meanwhile; nothing was changed. Look again, then decide."""

    code = "correction_conflict"


class HighlightNotFound(JobError):
    """The results have no highlight of this id, or none at all. Their ``highlights`` tell which there are."""

    code = "highlight_not_found"


class NothingToRecut(JobError):
    """Highlights were to be chosen anew in the results of a workout, which have none. Analyze for highlights."""

    code = "nothing_to_recut"


class PictureNotFound(JobError):
    """The video has no picture that can be had at this time: it is damaged there, or it took too long to get."""

    code = "picture_not_found"


class NothingToCancel(JobError):
    """Cancel was asked for while no analysis is queued or running."""

    code = "nothing_to_cancel"


class QueueFull(JobError):
    """``SMOLVLM_QUEUE_LIMIT`` analyses are waiting already. Try again after ``retry_after_s``."""

    code = "queue_full"
    retry_after_s = 30


class DiskBudgetSpent(JobError):
    """Stored uploads and clips fill ``SMOLVLM_DISK_BUDGET_BYTES``. Try again after ``retry_after_s``."""

    code = "disk_budget_spent"
    retry_after_s = 300


class RendererBusy(JobError):
    """Too many clips are being made, or this one takes long. Ask again after ``retry_after_s``."""

    code = "renderer_busy"
    retry_after_s = 10


class PreviewNotReady(JobError):
    """The version for browsers is still being made. Ask again after ``retry_after_s``."""

    code = "preview_not_ready"
    retry_after_s = 5


class ServiceClosing(JobError):
    """The process is about to end, so a request that waits gets no result. Try again after ``retry_after_s``."""

    code = "service_closing"
    retry_after_s = 30


class TaskLost(JobError):
    """The engine gave a task up: its process died too often, or an update changed its steps."""

    code = "task_lost"


class Cancelled(JobError):
    """The work was cancelled on request. Raised between units of work, never shown as a failure."""

    code = "cancelled"
