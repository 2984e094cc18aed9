"""A worker without page or REST: ``python -m smolvlm_core.worker``. Start as many as there are machines.

All workers share ``SMOLVLM_DATABASE_URL`` (PostgreSQL) and the files in ``SMOLVLM_DATA_DIR``; each has its
own ``SMOLVLM_WORKER_ID``, under which it takes up its interrupted jobs at the next start.
"""

import signal
import threading
from types import FrameType

from smolvlm_core.factory import create_service
from smolvlm_core.log import configure_logging, log_event
from smolvlm_core.settings import load_settings


def main() -> None:
    """Work until told to end."""
    settings = load_settings()
    configure_logging(settings.log_level)
    told_to_end = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        told_to_end.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    service = create_service(settings)
    service.start()
    log_event("worker_started", worker=settings.worker_id)
    told_to_end.wait()
    service.close()


if __name__ == "__main__":
    main()
