"""What `python -m infra` writes, as documents."""

import json
from typing import Any

import pytest

from infra import stack

Documents = dict[str, Any]


@pytest.fixture(scope="session")
def documents() -> Documents:
    """Each file of `.chalice/`, by its name."""
    return {name: json.loads(text) for name, text in stack.files().items()}


@pytest.fixture(scope="session")
def resources(documents: Documents) -> Documents:
    """The resources that are added to Chalice's, by logical id."""
    found: Documents = documents["resources.json"]["Resources"]
    return found
