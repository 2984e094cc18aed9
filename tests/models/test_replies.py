"""What is kept of a model's text."""

import pytest

from smolvlm_core.models.replies import clean_description, sentence_ends

PROMPT = "Say in one plain sentence what happens in these frames."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" a man jumps over a fence.", "A man jumps over a fence."),
        ("A man jumps. He falls. He gets up.", "A man jumps. He falls."),
        ("A man jumps. He then walks to the", "A man jumps."),
        ("A man walks slowly along the", "A man walks slowly along…"),
        ("Assistant: Answer: A dog barks.", "A dog barks."),
        ("Frame from 00:12: A dog barks.", "A dog barks."),
        ("A dog barks. A dog barks. A dog barks.", "A dog barks."),
        (f"{PROMPT} A cat sleeps.", "A cat sleeps."),
        ("It weighs 2.5 kg in total.", "It weighs 2.5 kg in total."),
        ("A\nline\tbroken\x00 \ufffdword.", "A line broken word."),
        ('He shouts "Go!" and runs off.', 'He shouts "Go!" and runs off.'),
        ("", None),
        ("  ...!!", None),
        ("12 34", None),
        (PROMPT, None),
    ],
)
def test_whole_sentences_without_echo(written: str, kept: str | None) -> None:
    assert clean_description(written, PROMPT) == kept


def test_counting_finished_sentences() -> None:
    assert sentence_ends("One. Two! Thr") == 2
    assert sentence_ends("2.5 kg") == 0
