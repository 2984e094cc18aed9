"""Settings come from the environment, and a misspelt one is no silent default."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from smolvlm_core.domain import Limits
from smolvlm_core.settings import Settings, load_settings


def test_defaults_are_those_of_the_limits() -> None:
    settings = load_settings()
    assert {name: getattr(settings, name) for name in Limits.__slots__} == {
        name: getattr(Limits(), name) for name in Limits.__slots__
    }


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SMOLVLM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SMOLVLM_CORS_ORIGINS", '["https://example.org"]')
    settings = load_settings()
    assert settings.cors_origins == ("https://example.org",)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path / 'jobs.sqlite'}"


def test_an_unknown_name_stops_with_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOLVLM_MAX_UPLOAD_BYTE", "1")
    with pytest.raises(ValueError, match=r"SMOLVLM_MAX_UPLOAD_BYTE; .* SMOLVLM_MAX_UPLOAD_BYTES"):
        load_settings()


def test_a_value_out_of_range_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOLVLM_QUEUE_LIMIT", "0")
    with pytest.raises(ValidationError, match="queue_limit"):
        load_settings()


def test_settings_cannot_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.queue_limit = 3  # type: ignore[misc]


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
