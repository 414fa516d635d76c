"""A kernel's part of speaking to the agent and to a cluster, in the plainest way."""

import contextlib
import http.client
import json
import socket
from pathlib import Path
from typing import Any

REQUEST = {
    "workers": 1,
    "vcpu": 1,
    "memory_gib": 1,
    "gpu": 0,
    "purchase": "on_demand",
    "budget_usd": None,
    "idle_minutes": 20,
    "detached": False,
}

PRELUDE = f"""
import json, os, sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from agent_client import ask
import distributed
sys.path.pop(0)

def connect(name):
    made = ask(os.environ["RAMON_SOCKET"], "GET", f"/clusters/{{name}}")[1]["connection"]
    security = distributed.Security(
        require_encryption=True,
        tls_ca_file=made["ca"],
        tls_client_cert=made["certificate"],
        tls_client_key=made["key"],
    )
    return distributed.Client(made["address"], security=security)
"""
"""Begins the code of a kernel: `connect(name)` gives a Dask client."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str | Path) -> None:
        super().__init__("agent", timeout=90)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(90)
        self.sock.connect(self._path)


def ask(path: str | Path, method: str, address: str, body: Any = None) -> tuple[int, Any]:
    """One request on the agent's socket: the status, and the parsed answer."""
    connection = _Connection(path)
    data = None if body is None else json.dumps(body)
    connection.request(method, address, body=data)
    with contextlib.closing(connection):
        response = connection.getresponse()
        return response.status, json.loads(response.read())
