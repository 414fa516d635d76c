"""Publishes the built frontend into the site bucket."""

import hashlib
import mimetypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_TEXT = {"application/json", "application/javascript", "image/svg+xml"}


@dataclass(frozen=True)
class Site:
    """The bucket, and the CloudFront distribution before it."""

    s3: Any
    cloudfront: Any
    bucket: str
    distribution_id: str

    def publish(self, folder: Path) -> int:
        """Upload the files that differ. Gives how many did.

        Old files stay, since open tabs still load parts of the previous build; the bucket's
        versions tell what was when. Pages come last, when all that they name is there.
        """
        published = self._etags()
        changed = [
            path
            for path in sorted(folder.rglob("*"), key=_pages_last)
            if path.is_file() and published.get(_key(folder, path)) != _etag(path)
        ]
        for path in changed:
            self._upload(folder, path)
        if changed:
            self._invalidate()
        return len(changed)

    def _etags(self) -> dict[str, str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {
            found["Key"]: found["ETag"].strip('"')
            for page in pages
            for found in page.get("Contents", [])
        }

    def _upload(self, folder: Path, path: Path) -> None:
        key = _key(folder, path)
        self.s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type(path),
            CacheControl=cache_control(key),
        )

    def _invalidate(self) -> None:
        self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": ["/*"]},
                "CallerReference": str(time.time_ns()),
            },
        )


def content_type(path: Path) -> str:
    """The media type of a file, with its charset if it is text."""
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = guessed.startswith("text/") or guessed in _TEXT
    return f"{guessed}; charset=utf-8" if is_text else guessed


def cache_control(key: str) -> str:
    """How long browsers may keep a file. Those in `assets/` have their hash in their name."""
    return _FOR_EVER if key.startswith("assets/") else _ASK_FIRST


def _key(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _pages_last(path: Path) -> tuple[bool, Path]:
    return path.suffix == ".html", path


def _etag(path: Path) -> str:
    """S3's ETag of an object that was put in one piece: an MD5, here only to see changes."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
