"""What goes over the wire reads like a video to SmolVLM2, and what comes back is read with care."""

import math
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Criteria, Evidence, Frame, SegmentView, Span, never_cancelled
from smolvlm_core.errors import ModelError
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.prompts import LETTERS, Prompt, describe_prompt, score_prompt
from smolvlm_core.models.remote.wire import (
    LEAST_LOGPROB,
    LONGEST_SIDE_PX,
    Alternative,
    data_uri,
    first_tokens,
    letter_shares,
    messages,
    yes_against_no,
)
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.models.wording import VIDEO_INTRO, VIDEO_OUTRO, VIDEO_STAMP
from tests.clips import BLUE, RED
from tests.models.balls import BALLS, random_view
from tests.models.openai_server import Chat, chat_told, picture_of
from tests.models.training import load_tiny, torch_eyes

PLAIN = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.5)
TOLERANCE = 0.2  # nats; 0.03 was the most when measured, of scores between -1 and 15
OWN = Criteria("Du suchst {einen} Ball.", "  Käse? 猫 🎾\n\nTwo lines, {0} and %s, 3 < 4 > 2.  ")


def alternatives(*pairs: tuple[str, float]) -> tuple[Alternative, ...]:
    return tuple(Alternative(token, logprob) for token, logprob in pairs)


# -- Questions ------------------------------------------------------------------------------


def test_the_words_around_frames_are_those_of_transformers() -> None:
    from transformers.models.smolvlm import processing_smolvlm as texts

    assert VIDEO_INTRO == texts.DEFAULT_VIDEO_INTRO
    assert VIDEO_STAMP == texts.FRAME_TIMESTAMP_MESSAGE
    assert VIDEO_OUTRO == texts.DEFAULT_MEDIA_OUTTRO


@pytest.mark.parametrize("prompt", [score_prompt(Criteria()), describe_prompt(OWN)])
@pytest.mark.parametrize("times_s", [(0.0,), (0.5, 59.9994, 59.9996, 60.0), (3599.9999, 3600.0, 86399.5)])
def test_a_server_with_the_checkpoints_template_reads_what_local_backends_read(
    tiny: SmolVLM, prompt: Prompt, times_s: tuple[float, ...]
) -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)
    view = SegmentView(Span(0.0, times_s[-1] + 0.75), tuple(Frame(time_s, rgb) for time_s in times_s), PLAIN)
    read = Chat(tiny, "tests/tiny").read(messages(prompt, view))
    assert read.ids == tiny.encoder.encode(prompt, view, ()).ids


def test_transformers_reads_the_same_when_images_are_not_cut_into_tiles(tiny: SmolVLM) -> None:
    """As vLLM does with ``--mm-processor-kwargs '{"size": {"longest_edge": 512}}'``; here the side is 64."""
    view = random_view(BALLS[0], np.random.default_rng(1))
    prompt = score_prompt(Criteria())
    chat, processor = Chat(tiny, "tests/tiny"), torch_eyes(tiny).processor
    chat.read(messages(prompt, view))
    whole = {"size": {"longest_edge": 64}}
    read = processor(text=[chat.text], images=[chat.pictures], images_kwargs=whole, return_tensors="pt")
    assert tuple(read["input_ids"][0].tolist()) == tiny.encoder.encode(prompt, view, ()).ids
    local = torch_eyes(tiny).pixels([frame.rgb for frame in view.frames])
    assert read["pixel_values"].shape == local.shape
    assert float((read["pixel_values"] - local).abs().mean()) < 0.03, "of a range of 2"


def test_control_tokens_in_a_users_words_lose_their_power() -> None:
    own = Prompt("<image> and <|im_end|>, <__media__>", "<row_1_col_1><end_of_utterance>a < b > c")
    system, user = messages(own, random_view(BALLS[0], np.random.default_rng(1)))
    assert system["content"][0]["text"] == "  and  ,  "
    assert user["content"][-1]["text"] == f"{VIDEO_OUTRO}  a < b > c"


def test_a_view_without_frames_is_refused() -> None:
    with pytest.raises(ModelError, match="no frame"):
        messages(score_prompt(Criteria()), SegmentView(Span(0.0, 1.0), (), PLAIN))


@pytest.mark.parametrize(
    ("size", "sent"),
    [((1080, 1920), (288, 512)), ((1920, 1080), (512, 288)), ((48, 64), (48, 64)), ((1, 3000), (1, 512))],
)
def test_pictures_are_shrunk_to_what_the_model_sees(size: tuple[int, int], sent: tuple[int, int]) -> None:
    assert picture_of(data_uri(np.zeros((*size, 3), np.uint8))).shape == (*sent, 3)
    assert max(sent) <= LONGEST_SIDE_PX


@pytest.mark.parametrize("colour", [RED, BLUE])
def test_colours_arrive_as_they_are(colour: tuple[int, int, int]) -> None:
    rgb = np.full((40, 60, 3), colour, np.uint8)
    rgb[:, ::2] = 127  # stripes of a pixel: what halved chroma would blur
    arrived = picture_of(data_uri(rgb[:, ::1]))
    assert np.abs(arrived.astype(int) - rgb).max() <= 12


# -- Answers --------------------------------------------------------------------------------


def test_all_spellings_count_and_no_other_word() -> None:
    tokens = alternatives(
        ("Yes", math.log(0.3)), ("\u0120yes", math.log(0.1)), ("No", math.log(0.2)), ("Nothing", math.log(0.05))
    )
    assert yes_against_no(tokens) == pytest.approx(math.log(0.4 / 0.2))


def test_what_is_not_listed_counts_as_the_least_that_is() -> None:
    tokens = alternatives(("Yes", -0.1), ("The", -3.0), ("A", -8.0))
    assert yes_against_no(tokens) == pytest.approx(7.9)
    assert yes_against_no(alternatives(("no", -0.1), ("A", -8.0))) == pytest.approx(-7.9)


def test_neither_yes_nor_no_is_an_error() -> None:
    with pytest.raises(ModelError, match="neither"):
        yes_against_no(alternatives(("The", -0.1), ("Yesterday", -3.0)))


def test_a_servers_smallest_number_stays_finite() -> None:
    told = [("Yes", 10**400), ("No", -3.4e38), ("Never", float("-inf")), ("NaN", math.nan), ("Sure", 1e308)]
    tokens = first_tokens(chat_told("Yes", told).body)
    assert [token.logprob for token in tokens] == [0.0, LEAST_LOGPROB, LEAST_LOGPROB, 0.0]
    assert yes_against_no(tokens) == pytest.approx(-LEAST_LOGPROB)


def test_letters_are_told_apart_by_their_case() -> None:
    tokens = alternatives(
        (" A", math.log(0.5)), ("A", math.log(0.1)), (" a", math.log(0.2)), ("x", math.log(0.01))
    )
    shares = letter_shares(tokens, 27)
    assert shares is not None
    assert LETTERS[26] == "a"
    assert shares[0] / shares[26] == pytest.approx(3)
    assert shares[1] / shares[26] == pytest.approx(0.05)
    assert shares.sum() == pytest.approx(1)
    assert letter_shares(alternatives(("Squat", -0.1)), 27) is None


# -- Both, over a server --------------------------------------------------------------------


@pytest.mark.slow
def test_scores_are_those_of_the_local_model(remote_model: VideoModel, trained_folder: Path) -> None:
    local = load_tiny(trained_folder)
    rng = np.random.default_rng(3)
    for ball in BALLS:
        view = random_view(ball, rng)
        for wanted in BALLS:
            near, far = (model.judge(view, wanted.criteria, never_cancelled) for model in (local, remote_model))
            assert near is not None
            assert far is not None
            assert far == pytest.approx(near, abs=TOLERANCE)
