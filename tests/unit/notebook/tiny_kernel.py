"""A kernel of no language, without ipykernel: `python tiny_kernel.py CONNECTION_FILE`.

Its code is `sleep SECONDS`, with `mute` before it to say nothing when that has ended: neither
that the kernel is idle nor a reply.
"""

import hashlib
import hmac
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import zmq  # type: ignore[import-not-found]  # it is in the notebook's environment, which runs this

DELIMITER = b"<IDS|MSG>"


class TinyKernel:
    def __init__(self, connection: dict[str, Any]) -> None:
        self._key = connection["key"].encode()
        context = zmq.Context()
        self._shell = self._bind(context, zmq.ROUTER, connection, "shell")
        self._control = self._bind(context, zmq.ROUTER, connection, "control")
        self._iopub = self._bind(context, zmq.PUB, connection, "iopub")
        self._count = 0

    def run(self) -> None:
        poller = zmq.Poller()
        for channel in (self._shell, self._control):
            poller.register(channel, zmq.POLLIN)
        while True:
            for channel, _ in poller.poll():
                self._handle(channel)

    def _handle(self, channel: zmq.Socket[bytes]) -> None:
        frames = channel.recv_multipart()
        start = frames.index(DELIMITER)
        header, content = json.loads(frames[start + 2]), json.loads(frames[start + 5])
        kind = header["msg_type"]
        self._publish(header, "status", {"execution_state": "busy"})
        mute = False
        reply: dict[str, Any] = {"status": "ok"}
        if kind == "execute_request":
            *words, seconds = content["code"].split()
            mute = "mute" in words
            self._count += 1
            reply["execution_count"] = self._count
            self._publish(header, "stream", {"name": "stdout", "text": "begun\n"})
            time.sleep(float(seconds))
        elif kind == "kernel_info_request":
            language = {"name": "tiny", "version": "1", "mimetype": "text/plain"}
            reply |= {"protocol_version": "5.3", "implementation": "tiny", "banner": ""}
            reply |= {"implementation_version": "1", "language_info": language}
        if not mute:
            answer = self._message(header, kind.replace("_request", "_reply"), reply)
            channel.send_multipart([*frames[:start], *answer])
            self._publish(header, "status", {"execution_state": "idle"})
        if kind == "shutdown_request":
            sys.exit()

    def _publish(self, parent: dict[str, Any], kind: str, content: dict[str, Any]) -> None:
        self._iopub.send_multipart([kind.encode(), *self._message(parent, kind, content)])

    def _message(self, parent: dict[str, Any], kind: str, content: dict[str, Any]) -> list[bytes]:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": "tiny",
            "username": "tiny",
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, parent, {}, content)]
        signature = hmac.new(self._key, b"".join(parts), hashlib.sha256).hexdigest()
        return [DELIMITER, signature.encode(), *parts]

    @staticmethod
    def _bind(
        context: zmq.Context[zmq.Socket[bytes]], kind: int, connection: dict[str, Any], name: str
    ) -> zmq.Socket[bytes]:
        channel = context.socket(kind)
        separator = "-" if connection["transport"] == "ipc" else ":"
        port = connection[f"{name}_port"]
        channel.bind(f"{connection['transport']}://{connection['ip']}{separator}{port}")
        return channel


if __name__ == "__main__":
    TinyKernel(json.loads(Path(sys.argv[1]).read_text())).run()
