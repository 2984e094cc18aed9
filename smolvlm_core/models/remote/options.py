"""What has to be known of a server. Imports nothing that asks it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """``url``: up to and without ``/chat/completions``; ``model``: the name sent, None for the checkpoint's."""

    url: str = field(repr=False)  # it may hold a password
    model: str | None = None
    key: str | None = field(default=None, repr=False)
