"""Each notebook has a key of its own for signing outputs, which its agent alone is told."""

import json

from tests.functional.clusters import at_home
from tests.functional.conftest import Caller


def test_a_notebook_has_the_same_key_at_each_start_and_its_copy_another(owner: Caller) -> None:
    home = at_home(owner)
    key = home.agent.told("POST", "/agent/boot")["signing_key"]
    assert len(key) >= 43  # 256 bits
    assert home.agent.told("POST", "/agent/boot")["signing_key"] == key
    copy = owner.told("POST", f"/notebooks/{home.notebook_id}/duplicate", {})
    assert key not in json.dumps(copy)
    assert key not in json.dumps(owner.told("GET", f"/notebooks/{home.notebook_id}"))
    assert key not in json.dumps(owner.told("GET", "/notebooks"))
