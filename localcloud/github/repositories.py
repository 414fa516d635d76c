"""Public repositories, from the folders below `github/repositories/<owner>/<name>/`.

A repository has one commit, whose id is the hash of its files. All its branches and tags name that.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

FOLDER = Path(__file__).parent / "repositories"
DEFAULT_BRANCH = "main"
BRANCHES = (DEFAULT_BRANCH, "drafts/spring/2026")
TAGS = ("v1.0",)


@dataclass(frozen=True)
class Repository:
    """One public repository."""

    owner: str
    name: str
    folder: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """Its files by path."""
        return {
            file.relative_to(self.folder).as_posix(): file
            for file in sorted(self.folder.rglob("*"))
            if file.is_file()
        }

    @cached_property
    def commit(self) -> str:
        """The id of its one commit."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path, file in self.files.items():
            digest.update(f"{path}\0{blob_id(file.read_bytes())}\0".encode())
        return digest.hexdigest()

    def has_ref(self, ref: str) -> bool:
        """Whether `ref` names the commit: branch, tag, HEAD, or its id, of 7 digits at least.

        A branch may be called `heads/<branch>` too, a tag `tags/<tag>` ("Get a commit").
        """
        names = {"HEAD", *BRANCHES, *TAGS}
        names |= {f"heads/{branch}" for branch in BRANCHES} | {f"tags/{tag}" for tag in TAGS}
        return ref.removeprefix("refs/") in names or (len(ref) >= 7 and self.commit.startswith(ref))

    def record(self, api_base: str, web_base: str) -> dict[str, Any]:
        """As `GET /repos/{owner}/{repo}` gives it."""
        full_name = f"{self.owner}/{self.name}"
        return {
            "id": int(self.commit[:7], 16),
            "name": self.name,
            "full_name": full_name,
            "private": False,
            "owner": {"login": self.owner, "type": "Organization"},
            "html_url": f"{web_base}/{full_name}",
            "url": f"{api_base}/repos/{full_name}",
            "default_branch": DEFAULT_BRANCH,
            "visibility": "public",
            "fork": False,
            "archived": False,
            "size": sum(file.stat().st_size for file in self.files.values()) // 1024,
        }

    def entries(self, directory: str) -> list[str]:
        """The names directly below a directory ("" for the top)."""
        base = PurePosixPath(directory)
        below = [PurePosixPath(path) for path in self.files]
        inside = [path.relative_to(base) for path in below if path.is_relative_to(base)]
        return sorted({path.parts[0] for path in inside if path.parts})


def find(owner: str, name: str) -> Repository | None:
    """The repository of that name; letters' case does not matter, as at GitHub."""
    for folder in FOLDER.glob("*/*"):
        if (folder.parent.name.lower(), folder.name.lower()) == (owner.lower(), name.lower()):
            return Repository(folder.parent.name, folder.name, folder)
    return None


def blob_id(content: bytes) -> str:
    """Git's id of a file's content."""
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
