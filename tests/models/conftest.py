"""Checkpoints made once a run: one with random weights, one that was taught to see."""

from pathlib import Path

import pytest

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


@pytest.fixture
def tiny(tiny_folder: Path) -> SmolVLM:
    """A fresh model over random weights: nothing seen, nothing cached."""
    from tests.models.training import load_tiny

    return load_tiny(tiny_folder)


@pytest.fixture(scope="session")
def seeing(trained_folder: Path) -> SmolVLM:
    """The trained model, shared."""
    from tests.models.training import load_tiny

    return load_tiny(trained_folder)
