"""The tutorial, cell by cell, as somebody reads it in a real notebook."""

import json
from pathlib import Path

from tests.cloud.clusters.rigs import Rig
from tests.people import Person

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorials" / "your-first-cluster.ipynb"


def test_every_cell_of_the_tutorial_says_what_it_promises(ada: Person) -> None:
    cells = [
        "".join(cell["source"])
        for cell in json.loads(TUTORIAL.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    with Rig(ada, "Tutorial") as rig:
        said = [rig.run(cell) for cell in cells]

        assert said[0] == "(10, 900)"
        assert "(600, 900)" in said[3]
        assert "This line did not wait." in said[5]
        assert int(said[6]) > 0
        assert "division by zero" in said[7]
        assert "item 2" in said[7]
        assert "an hour now" in said[8]
        assert [text for text in said if "Error: " in text] == []
        told = rig.newest().now
    assert (told["state"], told["stop"]["reason"]) == ("stopped", "closed")
    assert 0 < float(told["spent_usd"]) < 0.05
