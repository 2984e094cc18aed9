"""What is computed from the seconds of each side."""

import importlib.util
from typing import Any

import pytest

from benchmarks.speed import Measured, keys_of, main, table


def spent(decode: float, vision: float, prefill: float, words: float, tokens: int) -> dict[str, Any]:
    seconds = {"decode": decode, "vision": vision, "prefill": prefill, "words": words, "extra_question": 0.5}
    clocks = {"seconds": seconds, "processor_s": seconds}
    return {**clocks, "tokens": tokens, "prompt_tokens": 1330, "peak_mib": 512}


@pytest.fixture
def found() -> Measured:
    return Measured([spent(1, 20, 9, 19.9, 200)], [spent(1, 2, 1, 0.94, 48)])


def test_two_sides_are_compared_where_there_are_two(found: Measured) -> None:
    keys = keys_of("256M", found, video_s=60)
    assert keys["score_256m"] == pytest.approx(49.9 / 4)
    assert keys["decode_256m"] == pytest.approx(5)
    assert not [key for key in keys if "peer" in key]
    assert "llama.cpp" not in table("256M", found, 15)


def test_a_question_for_words_is_no_word(found: Measured) -> None:
    found.ours[0]["seconds"] = found.ours[0]["seconds"] | {"question": 0.47}
    keys = keys_of("256M", found, video_s=60)
    assert keys["decode_256m"] == pytest.approx(10)
    assert keys["words_256m"] == pytest.approx(49.9 / 4.94)


def test_the_peer_is_compared_with_both(found: Measured) -> None:
    found.peer.append(spent(1, 6, 3, 1.88, 48))
    keys = keys_of("256M", found, video_s=60)
    assert keys["over_peer_256m"] == pytest.approx((6 + 3 + 1.88) / (2 + 1 + 0.94))
    assert keys["peer_decode_256m"] == pytest.approx(2.5)
    assert keys["peer_token_256m_s"] == pytest.approx(0.04)
    assert keys["peer_vision_256m_s"] == 6
    assert keys["peak_rss_peer_256m_gib"] == 0.5
    assert "| llama.cpp, score and 48 tokens | 1.00 | 6.00 | 3.00 | 1.88 | 11.88 s | 4.2 |" in table(
        "256M", found, 15
    )


def test_a_peer_that_reads_something_else_is_no_peer(found: Measured) -> None:
    found.peer.append(spent(1, 6, 3, 1.88, 48))
    found.require_same_prompt()
    found.peer[0]["prompt_tokens"] = 2300
    with pytest.raises(SystemExit, match="different lengths"):
        found.require_same_prompt()


def test_without_the_peers_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"pip install llama-cpp-python==[\d.]+ gguf$"):
        main(["--peer", "llama.cpp"])
