"""SmolVLM2 where many frames take hardly longer than one: those of several segments go through together."""

from collections.abc import Iterator
from contextlib import suppress

from smolvlm_core.domain import CheckCancelled, Frame
from smolvlm_core.errors import ModelError
from smolvlm_core.models.base import Question
from smolvlm_core.models.smolvlm import SmolVLM


class BatchingSmolVLM(SmolVLM):
    """A ``ForesightedModel`` for a GPU: what it foresees it looks at; each question then is read by itself."""

    asks_dearly = False

    def foresee(self, coming: Iterator[Question], check: CheckCancelled) -> None:
        """Fills one batch of the vision tower. What fails here fails again, and is told, when it is asked."""
        frames: list[Frame] = []
        room = self.eyes.batch_frames
        for question in coming:
            frames += question.view.frames
            if len(frames) >= room:
                break
        with self._turn(check), suppress(ModelError), self.runtime.working(self._tick):
            self.eyes.see(frames, self._tick)
