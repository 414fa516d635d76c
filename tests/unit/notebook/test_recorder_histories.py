"""Property: the file has what was saved last, and what its cells put out, once."""

import pytest

from tests.unit.notebook.notebook_histories import try_histories
from tests.unit.notebook.parts import Notebook


@pytest.mark.timeout(0)
def test_no_history_loses_outputs_or_changes_what_a_person_saved(
    shared_notebook: Notebook,
) -> None:
    """For many more: `make soak-recorder MINUTES=30`."""
    try_histories(shared_notebook, examples=4, steps=14)
