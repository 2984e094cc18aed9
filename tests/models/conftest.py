"""Checkpoints made once a run: one with random weights, one that was taught to see."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.smolvlm import SmolVLM


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
def remote_model(trained_folder: Path) -> Iterator[VideoModel]:
    """The trained model, asked over HTTP."""
    from tests.models.openai_server import over_http
    from tests.models.training import load_tiny

    with over_http(load_tiny(trained_folder)) as model:
        yield model


@pytest.fixture(scope="session")
def lettered_model(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoModel]:
    """The same, taught to answer with letters."""
    from tests.models.openai_server import over_http
    from tests.models.training import load_tiny, teach_letters

    folder = tmp_path_factory.mktemp("checkpoints") / "lettered"
    with over_http(load_tiny(teach_letters(trained_folder, folder))) as model:
        yield model


@pytest.fixture(
    scope="session", params=["torch", "torch-int8", "openvino", "openvino-int8", "openvino-two", "remote"]
)
def seeing(
    request: pytest.FixtureRequest, trained_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> VideoModel:
    """The trained model on each backend, shared."""
    from tests.models.training import load_tiny, load_tiny_in_int8, load_tiny_on_openvino, load_tiny_on_two_graphs

    if request.param == "torch":
        return load_tiny(trained_folder)
    if request.param == "torch-int8":
        return load_tiny_in_int8(trained_folder)
    if request.param == "remote":
        remote: VideoModel = request.getfixturevalue("remote_model")
        return remote
    converted: Path = request.getfixturevalue("converted_folder")
    if request.param == "openvino":
        return load_tiny_on_openvino(trained_folder, converted, vision="float")
    if request.param == "openvino-two":
        return load_tiny_on_two_graphs(trained_folder, converted, tmp_path_factory.mktemp("two") / "converted")
    pictures: Path = request.getfixturevalue("calibration_folder")
    return load_tiny_on_openvino(trained_folder, converted, vision="int8", calibration=pictures)


@pytest.fixture
def choosing(request: pytest.FixtureRequest, seeing: VideoModel) -> VideoModel:
    """``seeing``, but for a server the one that knows letters."""
    if seeing.info.backend != "remote":
        return seeing
    model: VideoModel = request.getfixturevalue("lettered_model")
    return model
