"""How Dask moves what calls and their results travel in: arrays beside the pickle, not copied.

By itself it would pickle for the oldest protocol that a scheduler may speak, with all in one.
"""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import pickle
from typing import Any

from distributed.protocol.serialize import dask_deserialize, dask_serialize

from ramon._calls import Part
from ramon._packed import Packed, Shared

KINDS = (Packed, Shared, Part)


def register() -> None:
    """Let Dask know; again does nothing new."""
    dask_serialize.register(KINDS, _to_frames)
    dask_deserialize.register(KINDS, _from_frames)


def _to_frames(value: Any) -> tuple[dict[str, Any], list[Any]]:
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    return {"writeable": [not view.readonly for view in views]}, [data, *views]


def _from_frames(header: dict[str, Any], frames: list[Any]) -> Any:
    data, *views = frames
    buffers = [
        bytearray(view) if writeable and memoryview(view).readonly else view
        for view, writeable in zip(views, header["writeable"], strict=True)
    ]
    return pickle.loads(data, buffers=buffers)  # noqa: S301 - what `_to_frames` made
