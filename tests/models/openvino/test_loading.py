"""From a checkpoint to a model on OpenVINO: converted once, refused with a reason, never a silent fallback."""

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Criteria, ModelState, ModelStatus, never_cancelled
from smolvlm_core.errors import Cancelled, ModelUnavailable
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.engine import EngineOptions, ModelEngine, choose_runner
from smolvlm_core.models.loading import Chosen
from smolvlm_core.models.openvino import child, loading, runtime
from smolvlm_core.models.openvino.child import Order
from smolvlm_core.models.openvino.loading import OpenVinoOptions, load_openvino, why_not_here
from smolvlm_core.models.openvino.store import Files, read_manifest, write_manifest
from smolvlm_core.models.prompts import score_prompt
from smolvlm_core.models.smolvlm import SmolVLM
from tests.fakes import cancel_after
from tests.models.balls import BALLS, random_view
from tests.models.training import load_tiny, load_tiny_on_openvino

needs_openvino = pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here()))


def load(folder: Path, converted: Path, reports: list[ModelStatus] | None = None) -> SmolVLM:
    checkpoint = Checkpoint(folder, f"tests/{folder.name}", None)
    told = [] if reports is None else reports
    return load_openvino(checkpoint, OpenVinoOptions(converted), "a test asks for it", told.append)


def no_conversion(*_: object) -> None:
    raise AssertionError("it is converted again")


@needs_openvino
def test_it_is_converted_once_with_progress(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[ModelStatus] = []
    first = load(tiny_folder, tmp_path, reports)
    percents = [report.percent for report in reports if report.percent is not None]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert all(report.state is ModelState.LOADING and str(tmp_path) not in report.message for report in reports)
    (folder,) = tmp_path.iterdir()
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.vision_cosine > 0.98
    monkeypatch.setattr(loading, "convert_in_child", no_conversion)
    again = load(tiny_folder, tmp_path)
    assert again.info == first.info
    assert again.info.backend == "openvino"
    for word in ("vision in", "threads", "bf16" if "bf16" in again.info.dtype else "f32"):
        assert word in again.info.reason


@needs_openvino
def test_its_answers_are_those_of_torch(tiny_folder: Path, converted_folder: Path) -> None:
    models = load_tiny(tiny_folder), load_tiny_on_openvino(tiny_folder, converted_folder, vision="float")
    view = random_view(BALLS[0], np.random.default_rng(1))
    logits = []
    for model in models:
        with model.runtime.working(never_cancelled):
            logits.append(model.runtime.decoder.next_logits(model.question(score_prompt(Criteria()), view)))
    assert np.corrcoef(logits[0], logits[1])[0, 1] > 0.99


@needs_openvino
def test_what_was_refused_stays_refused_and_says_why(tiny_folder: Path, tmp_path: Path) -> None:
    load(tiny_folder, tmp_path)
    (folder,) = tmp_path.iterdir()
    manifest = read_manifest(folder)
    assert manifest is not None
    write_manifest(folder, replace(manifest, refused="its answers are not the original's"))
    with pytest.raises(ModelUnavailable, match="its answers are not the original's"):
        load(tiny_folder, tmp_path)


@needs_openvino
def test_damaged_files_are_converted_anew(tiny_folder: Path, tmp_path: Path) -> None:
    load(tiny_folder, tmp_path)
    (folder,) = tmp_path.iterdir()
    Files(folder).text.write_text("no graph")
    with pytest.raises(ModelUnavailable, match="damaged"):
        load(tiny_folder, tmp_path)
    assert load(tiny_folder, tmp_path).info.backend == "openvino"


@needs_openvino
def test_a_conversion_that_breaks_off_is_logged(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "smolvlm")
    (tmp_path / "breaks_off.py").write_text("import sys; sys.exit('no space for numbers')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(child, "MODULE", "breaks_off")
    with pytest.raises(ModelUnavailable, match="broke off"):
        load(tiny_folder, tmp_path / "converted")
    assert "no space for numbers" in caplog.text
    assert list((tmp_path / "converted").iterdir()) == []


@needs_openvino
def test_auto_on_a_cpu_takes_it_and_falls_back_aloud(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = EngineOptions(checkpoint=str(tiny_folder), device="cpu", converted_dir=tmp_path)
    info = ModelEngine(options).acquire().info
    assert info.backend == "openvino"
    assert "the fastest on a CPU" in info.reason
    monkeypatch.setattr(loading, "read_manifest", lambda _folder: None)
    monkeypatch.setattr(child, "MODULE", "no_such_module")
    info = ModelEngine(options).acquire().info
    assert info.backend == "torch"
    assert "The conversion for OpenVINO broke off" in info.reason
    with pytest.raises(ModelUnavailable, match="broke off"):
        ModelEngine(replace(options, backend="openvino")).acquire()


def test_the_runner_is_chosen_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = EngineOptions(converted_dir=tmp_path)
    monkeypatch.setattr(loading, "find_spec", lambda _name: object())
    assert choose_runner(options, "cpu").value == "openvino"
    assert choose_runner(options, "cuda").reason == "it runs on cuda"
    assert choose_runner(replace(options, backend="torch"), "cpu").value == "torch"
    assert "no folder" in choose_runner(replace(options, converted_dir=None), "cpu").reason
    monkeypatch.setattr(loading, "find_spec", lambda _name: None)
    assert choose_runner(options, "cpu").reason == "openvino and nncf not installed"
    with pytest.raises(ModelUnavailable, match="not installed"):
        choose_runner(replace(options, backend="openvino"), "cpu")


@needs_openvino
def test_it_stops_anywhere_and_recovers(
    tiny_folder: Path, converted_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(tiny_folder, converted_folder)
    view = random_view(BALLS[0], np.random.default_rng(1))
    reference = model.judge(view, Criteria(), never_cancelled)
    monkeypatch.setattr(runtime, "POLL_MS", 0)
    monkeypatch.setattr("smolvlm_core.models.smolvlm.TICK_S", 0.0)
    stopped = 0
    for checks in range(0, 60, 3):
        model.runtime.decoder.forget()
        model.eyes._kept.clear()
        try:
            model.judge(view, Criteria(), cancel_after(checks))
        except Cancelled:
            stopped += 1
        assert model.judge(view, Criteria(), never_cancelled) == pytest.approx(reference, abs=1e-3)
    assert stopped >= 2


@needs_openvino
def test_a_conversion_ends_with_the_process_that_wanted_it(tiny_folder: Path, tmp_path: Path) -> None:
    threads = Chosen("1", "a test")
    order = Order(str(tiny_folder), "tests/tiny", str(tmp_path), ("f32",), threads)
    command = [sys.executable, "-m", child.MODULE, order.to_json()]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 1
    assert not Files(tmp_path).manifest.exists()


@needs_openvino
def test_what_is_converted_runs_without_torch(tiny_folder: Path, converted_folder: Path) -> None:
    load(tiny_folder, converted_folder)
    script = """
import sys
from pathlib import Path
from smolvlm_core.domain import Criteria, never_cancelled
from smolvlm_core.models.engine import EngineOptions, load_smolvlm
from smolvlm_core.models.smolvlm import BLANK_VIEW
options = EngineOptions("openvino", sys.argv[1], device="cpu", converted_dir=Path(sys.argv[2]))
model = load_smolvlm(options, lambda status: None)
assert model.judge(BLANK_VIEW, Criteria(), never_cancelled) is not None
print([name for name in ("torch", "transformers") if name in sys.modules])
"""
    command = [sys.executable, "-c", script, str(tiny_folder), str(converted_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
