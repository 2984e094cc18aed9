"""What counts as a link to a session."""

import pytest

from smolvlm_core.ui.links import session_id_in

ID = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID.upper()}\n",
        f"?session={ID}",
        f"https://videos.example/?session={ID}",
        f"http://localhost:7860/?__theme=dark&session={ID}#top",
        f"Look at this: https://videos.example/app/?session={ID}.",
        f"https://videos.example/api/v1/video/results/{ID}",
    ],
)
def test_a_link_its_end_and_a_bare_id_name_a_session(text: str) -> None:
    assert session_id_in(text) == ID


@pytest.mark.parametrize("text", ["", "hello", "https://videos.example/", "?session=no-id", f"?session={ID[:-1]}"])
def test_other_text_names_none(text: str) -> None:
    assert session_id_in(text) is None
