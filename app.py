"""The Space's entry: settings, app, serve."""

import os

import spaces  # noqa: F401 - ZeroGPU patches torch, so this comes before anything that may import it

from smolvlm_core.factory import create_app, serve
from smolvlm_core.log import configure_logging
from smolvlm_core.settings import load_settings


def main() -> None:
    """Serve until told to end (Ctrl-C, or SIGTERM from a container)."""
    settings = load_settings()
    configure_logging(settings.log_level)
    serve(create_app(settings), host="0.0.0.0", port=int(os.environ.get("PORT", "7860")))  # noqa: S104


if __name__ == "__main__":
    main()
