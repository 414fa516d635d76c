"""How large the disk of a notebook's task is, and how much one notebook may hold.

A task's disk holds the image, installed packages, temporary files and the workspace. Fargate gives
20 GiB and sells up to 200 (ECS developer guide, "Fargate task ephemeral storage"): a workspace that
does not fit could neither be written nor, at the next start, be restored.
"""

from math import ceil

GIB = 1024**3

INCLUDED_GIB = 20
"""Disk that Fargate gives without a charge; an override must be larger."""

LARGEST_GIB = 200
"""The largest disk that Fargate sells."""

SYSTEM_GIB = 8
"""Kept for the image (packed and unpacked about 3 GiB), installed packages and temporary files."""

GROWTH_GIB = 12
"""Room for a small workspace to grow in one session; a larger one may double."""

LARGEST_WORKSPACE = 180 * GIB
"""Bytes that one notebook may hold: what the largest disk restores, with some room to work."""


def gib_for(workspace_bytes: int) -> int:
    """The disk, in GiB, for a session that begins with so many bytes in the workspace."""
    held = ceil(workspace_bytes / GIB)
    wanted = SYSTEM_GIB + held + max(GROWTH_GIB, held)
    return min(max(wanted, INCLUDED_GIB), LARGEST_GIB)
