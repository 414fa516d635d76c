"""Settings come from the environment, and every missing one is named at once."""

import inspect
from dataclasses import fields

import pytest

from chalicelib.core import config


@pytest.fixture(autouse=True)
def _unread() -> None:
    config.settings.cache_clear()


def test_all_missing_settings_are_named_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(config.Settings):
        monkeypatch.delenv(f"RAMON_{field.name.upper()}", raising=False)
        monkeypatch.delenv(field.name.upper(), raising=False)

    with pytest.raises(config.MissingSettings) as caught:
        config.settings()

    assert "RAMON_APP_ORIGIN" in str(caught.value)
    assert "GITHUB_API_BASE" in str(caught.value)
    assert str(caught.value).count(",") == len(fields(config.Settings)) - 1


def test_a_full_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(config.Settings):
        name = field.name.upper()
        variable = name if name.startswith("GITHUB_WEB") or name == "GITHUB_API_BASE" else ""
        monkeypatch.setenv(variable or f"RAMON_{name}", f"value of {field.name}")

    settings = config.settings()

    assert settings.blobs_bucket == "value of blobs_bucket"
    assert settings.github_web_base == "value of github_web_base"


def test_every_setting_is_documented() -> None:
    source = inspect.getsource(config)
    for field in fields(config.Settings):
        _, _, after = source.partition(f"    {field.name}: str\n")
        assert after.lstrip().startswith('"""'), f"{field.name} has no docstring"
