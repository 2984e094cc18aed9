"""The player's HTML: both addresses, and every text that it may have to show."""

from dataclasses import replace

from smolvlm_core.ui.player import PREPARING, player
from tests.ui.test_render import VIDEO, VIEW


def test_the_player_has_no_server_path_and_knows_where_the_other_version_is() -> None:
    html = player(VIEW.session_id, VIDEO)
    assert f'src="api/v1/video/source/{VIEW.session_id}"' in html
    assert f'data-preview="api/v1/video/preview/{VIEW.session_id}"' in html
    assert "aspect-ratio: 1280 / 720" in html


def test_it_says_what_it_waits_for_and_what_it_cannot_play() -> None:
    html = player(VIEW.session_id, VIDEO)
    assert f'data-preparing="{PREPARING}"' in html
    assert "This browser cannot play HEVC video." in html
    assert 'role="status"' in html


def test_a_video_that_would_play_without_its_sound_is_not_shown_as_it_is() -> None:
    dolby = replace(VIDEO, codec="h264", container="matroska", audio_codec="ac3")
    assert " data-silent " in player(VIEW.session_id, dolby)
    assert " data-silent " not in player(VIEW.session_id, replace(dolby, audio_codec="aac"))
