"""A server that plays back a script."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smolvlm_core.domain import Criteria, ModelInfo, never_cancelled
from smolvlm_core.models.remote.client import Patience, Server
from smolvlm_core.models.remote.model import RemoteModel
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.models.smolvlm import BLANK_VIEW
from tests.models.openai_server import Asked, Told, chat_told, serving

QUICK = Patience(connect_s=1.0, answer_s=5.0, back_off_s=0.01, longest_wait_s=0.05)
INFO = ModelInfo("remote", "tests/scripted", None, "127.0.0.1", "unknown", "a test asks for it")
YES_TOP = [("Yes", -0.1), (" No", -2.5), ("The", -9.0)]
YES = chat_told("Yes", YES_TOP)


@dataclass
class Script:
    """Plays answers back, the last one for ever, and keeps what was asked."""

    told: list[Told]
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Told:
        self.asked.append(asked)
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]


@contextmanager
def model_of(script: Script, patience: Patience = QUICK) -> Iterator[RemoteModel]:
    """A model behind a server that plays the script."""
    with serving(script) as url:
        yield RemoteModel(Server(RemoteOptions(url), patience), "tests/scripted", INFO, 4)


def judge(model: RemoteModel, check: Callable[[], None] = never_cancelled) -> float | None:
    """Of the empty scene, so that equal answers are 0."""
    return model.judge(BLANK_VIEW, Criteria(), check)
