"""``Films``: the highlights of a session as clips, and the best of them as a reel; waited for, or followed."""

from collections.abc import Callable, Sequence

from smolvlm_core.analysis.reel import ClipMoment, moments_in, reel_of
from smolvlm_core.errors import HighlightNotFound
from smolvlm_core.jobs.renders import AS_IT_IS, Look, Renderer, movie_name
from smolvlm_core.jobs.views import FILM_READY, FilmState, FilmView, MovieView, ResultsView


class Films:
    """Safe from any thread. A file that was made once is there at once."""

    def __init__(self, renderer: Renderer, results: Callable[[str], ResultsView]) -> None:
        """Args: results: the latest of a session; raises SessionNotFound, SessionExpired, NotCompleted."""
        self._renderer = renderer
        self._results = results

    def highlights(self, session_id: str) -> tuple[ClipMoment, ...]:
        """The highlights of the latest results, best first; at least one.

        Raises: SessionNotFound, SessionExpired, NotCompleted, HighlightNotFound.
        """
        moments = moments_in(self._results(session_id).results)
        if not moments:
            raise HighlightNotFound("The results have no highlights, so there is nothing to cut.")
        return moments

    def clip(self, session_id: str, highlight_id: str, look: Look = AS_IT_IS) -> MovieView:
        """The clip of one highlight, made now if it was not before.

        Raises: SessionNotFound, SessionExpired, NotCompleted, HighlightNotFound, ServiceClosing, RendererBusy,
        DiskBudgetSpent, ClipError.
        """
        return self._movie(session_id, self._one(session_id, highlight_id), look, highlight_id)

    def reel(self, session_id: str, look: Look = AS_IT_IS, longest_s: float = 0.0) -> MovieView:
        """The best highlights that last ``longest_s`` at most, in time order; 0 takes all.

        Raises: as ``clip``.
        """
        return self._movie(session_id, reel_of(self.highlights(session_id), longest_s), look, "reel")

    # -- Without waiting ----------------------------------------------------------------------

    def ask_for_clip(self, session_id: str, highlight_id: str, look: Look = AS_IT_IS) -> FilmView:
        """How far the clip is; it is made from now on if it was not.

        Raises: as ``clip``; why the making failed is told once, and the next to ask begins it anew.
        """
        return self._renderer.ask(session_id, self._one(session_id, highlight_id), look)

    def ask_for_reel(self, session_id: str, look: Look = AS_IT_IS, longest_s: float = 0.0) -> FilmView:
        """The same for the reel."""
        return self._renderer.ask(session_id, reel_of(self.highlights(session_id), longest_s), look)

    def ask_for_clips(self, session_id: str, look: Look = AS_IT_IS) -> FilmView:
        """The same for all clips, which are made one after another.

        Raises: as ``clip``, but a clip that cannot be made counts as done: an archive tells of it.
        """
        moments = self.highlights(session_id)
        for done, moment in enumerate(moments):
            view = self._renderer.ask(session_id, (moment,), look, give_up=True)
            if view.state is not FilmState.READY:
                return FilmView(view.state, (100.0 * done + view.percent) / len(moments))
        return FILM_READY

    def _one(self, session_id: str, highlight_id: str) -> list[ClipMoment]:
        chosen = [moment for moment in self.highlights(session_id) if moment.id == highlight_id]
        if not chosen:
            raise HighlightNotFound(f"The results have no highlight with the id {highlight_id[:40]!r}.")
        return chosen

    def _movie(self, session_id: str, moments: Sequence[ClipMoment], look: Look, name: str) -> MovieView:
        path = self._renderer.movie(session_id, moments, look)
        return MovieView(path, movie_name(self._results(session_id).video.filename, name, look))
