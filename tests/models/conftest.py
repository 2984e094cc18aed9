"""Checkpoints made once a run: one with random weights, one that was taught to see."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.smolvlm import SmolVLM

if TYPE_CHECKING:
    from tests.models.openai_server import Chat


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny SmolVLM2 with random weights."""
    from tests.models.tiny import build_tiny_checkpoint

    return build_tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny SmolVLM2 that knows red from blue and left from right."""
    from tests.models.training import train_tiny_checkpoint

    return train_tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "trained")


@pytest.fixture(scope="session")
def converted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where checkpoints converted for OpenVINO are kept, so that each is converted once."""
    return tmp_path_factory.mktemp("converted")


@pytest.fixture
def tiny(tiny_folder: Path) -> SmolVLM:
    """A fresh model over random weights: nothing seen, nothing cached."""
    from tests.models.training import load_tiny

    return load_tiny(tiny_folder)


@pytest.fixture(scope="session")
def calibration_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of balls, like those the trained model is shown."""
    import cv2
    import numpy as np

    from tests.models.balls import BALLS, random_view

    folder = tmp_path_factory.mktemp("calibration")
    rng = np.random.default_rng(7)
    for index in range(6):
        for ball in BALLS:
            for number, frame in enumerate(random_view(ball, rng).frames):
                bgr = np.ascontiguousarray(frame.rgb[..., ::-1])
                cv2.imwrite(str(folder / f"{index}-{ball.colour}-{ball.direction}-{number}.png"), bgr)
    return folder


@pytest.fixture(scope="session")
def lettered_folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained one, which also answers with letters."""
    from tests.models.training import teach_letters

    return teach_letters(trained_folder, tmp_path_factory.mktemp("checkpoints") / "lettered")


@pytest.fixture(scope="session")
def chat(lettered_folder: Path) -> "Chat":
    """The trained model behind OpenAI's protocol."""
    from tests.models.openai_server import Chat
    from tests.models.training import load_tiny

    return Chat(load_tiny(lettered_folder), "tests/lettered")


@pytest.fixture(scope="session")
def remote_model(chat: "Chat") -> Iterator[VideoModel]:
    """The trained model, asked over HTTP as the app asks."""
    from smolvlm_core.models.engine import EngineOptions, load_smolvlm
    from smolvlm_core.models.remote.options import RemoteOptions
    from tests.models.balls import FRAMES
    from tests.models.openai_server import serving

    with serving(chat) as url:
        options = EngineOptions("remote", frames_per_segment=FRAMES, remote=RemoteOptions(url))
        yield load_smolvlm(options, lambda _status: None)


@pytest.fixture(scope="session", params=["torch", "openvino", "openvino-int8", "remote"])
def seeing(request: pytest.FixtureRequest, trained_folder: Path) -> VideoModel:
    """The trained model on each backend, shared."""
    from tests.models.training import load_tiny, load_tiny_on_openvino

    if request.param == "torch":
        return load_tiny(trained_folder)
    if request.param == "remote":
        remote: VideoModel = request.getfixturevalue("remote_model")
        return remote
    converted: Path = request.getfixturevalue("converted_folder")
    if request.param == "openvino":
        return load_tiny_on_openvino(trained_folder, converted, vision="float")
    pictures: Path = request.getfixturevalue("calibration_folder")
    return load_tiny_on_openvino(trained_folder, converted, vision="int8", calibration=pictures)
