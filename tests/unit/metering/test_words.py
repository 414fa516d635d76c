"""Who collects the money is no business of those who say what is sold and what was used."""

from pathlib import Path

import pytest

import chalicelib

PACKAGES = Path(chalicelib.__file__).parent


@pytest.mark.parametrize("package", ["plans", "metering"])
def test_a_package_has_no_word_of_stripe(package: str) -> None:
    files = list((PACKAGES / package).rglob("*.py"))
    saying = [path.name for path in files if "stripe" in path.read_text(encoding="utf-8").lower()]

    assert files
    assert saying == []
