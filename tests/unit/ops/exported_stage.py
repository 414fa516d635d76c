"""A stage that is nothing but tables and a bucket, and its export."""

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from localcloud.testing import LocalCloud
from ops.cloud import Cloud
from ops.export.__main__ import main

TABLES = {
    "accounts": ("id", None),
    "notebooks": ("id", None),
    "snapshots": ("notebook_id", "seq"),
    "blobs": ("account_id", "sha256"),
}
BUCKET = "ramon-local-000000000000-blobs"
ADA, GRACE = "acc_ada", "acc_grace"
Files = dict[str, bytes]


class Stage:
    """The tables and the bucket of the stage `local`, and nothing else of it."""

    def __init__(self, cloud: Cloud) -> None:
        self.dynamodb = cloud.client("dynamodb")
        self.s3 = cloud.client("s3")

    def make(self) -> None:
        """Make them, with two accounts."""
        for entity, (key, sort) in TABLES.items():
            keys = [(key, "HASH")] + ([(sort, "RANGE")] if sort else [])
            self.dynamodb.create_table(
                TableName=f"ramon-local-{entity}",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "N" if name == "seq" else "S"}
                    for name, _ in keys
                ],
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            )
        self.s3.create_bucket(Bucket=BUCKET)
        self.row("accounts", id=ADA, login="ada")
        self.row("accounts", id=GRACE, login="grace")

    def drop(self) -> None:
        """Leave nothing of them."""
        for entity in TABLES:
            self.dynamodb.delete_table(TableName=f"ramon-local-{entity}")
        for found in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.s3.delete_object(Bucket=BUCKET, Key=found["Key"])
        self.s3.delete_bucket(Bucket=BUCKET)

    def row(self, entity: str, **values: str | int) -> None:
        item = {k: {"S": v} if isinstance(v, str) else {"N": str(v)} for k, v in values.items()}
        self.dynamodb.put_item(TableName=f"ramon-local-{entity}", Item=item)

    def notebook(self, number: int, account: str, name: str, **more: str | int) -> str:
        more = {"saved_at": 1_700_000_000_000, "state": "stopped", **more}
        self.row("notebooks", id=f"nb_{number}", account_id=account, name=name, **more)
        return f"nb_{number}"

    def blob(self, account: str, content: bytes, key: str | None = None) -> str:
        sha = hashlib.sha256(content).hexdigest()
        key = key or f"blobs/{account}/{sha}"
        self.row("blobs", account_id=account, sha256=sha, key=key, size=len(content))
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return sha

    def snapshot(self, notebook: str, seq: int, entries: list[dict[str, Any]]) -> str:
        document = json.dumps({"version": 2, "entries": entries}).encode()
        name = hashlib.sha256(document).hexdigest()
        self.s3.put_object(Bucket=BUCKET, Key=f"manifests/{name}", Body=zlib.compress(document))
        self.row("snapshots", notebook_id=notebook, seq=seq, manifest=name)
        return name

    def save(self, notebook: str, account: str, files: Files, seq: int = 1) -> str:
        return self.snapshot(notebook, seq, [self.file(account, *each) for each in files.items()])

    def file(self, account: str, path: str, content: bytes, **more: Any) -> dict[str, Any]:
        sha = self.blob(account, content)
        return {"path": path, "sha256": sha, "size": len(content), "owner": account, **more}


class SameClients(Cloud):
    """A cloud whose clients are made once for all tests here."""

    def __init__(self, aws: LocalCloud) -> None:
        super().__init__(boto3.Session(region_name="us-east-1"), None, None)
        self._aws = aws
        self._made: dict[str, Any] = {}

    def client(self, service: str, config: Config | None = None) -> Any:
        """The client of `service`."""
        if service not in self._made:
            self._made[service] = self._aws.client(service)
        return self._made[service]


def export(to: Path, *more: str) -> int:
    """Run the program. Answers its exit code."""
    return main(["--stage", "local", "--to", str(to), *more])


def exported(place: Path) -> Files:
    """Every file below a folder, links not followed."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def index(to: Path) -> dict[str, Any]:
    """What the export says of itself."""
    return dict(json.loads((to / "index.json").read_text()))
