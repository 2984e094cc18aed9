"""The form of a log line."""

import logging

import pytest

from smolvlm_core.log import ROOT, log_event, log_failure


def test_one_line_of_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, ROOT):
        log_event("segment_scored", segment=3, score=7.25, reason=None, name='a "b"\nc', empty="")
    assert caplog.messages == [r'event=segment_scored segment=3 score=7.250 name="a \"b\"\nc" empty=""']


@pytest.mark.logs_errors
def test_a_failure_carries_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    log_failure("task_broke", KeyError("inside"), task="t")
    assert caplog.messages == ["event=task_broke task=t"]
    assert "KeyError" in caplog.text
