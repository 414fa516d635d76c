"""The bucket that deployments go through: templates and zips, by their hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ops.cloud import Cloud


class ArtifactBucket:
    """`ramon-<stage>-<account>-deploy`, made when it is missing. Nothing in it ever changes."""

    def __init__(self, cloud: Cloud, stage: str) -> None:
        self.name = f"ramon-{stage}-{cloud.account}-deploy"
        self._cloud = cloud
        self._s3 = cloud.client("s3")

    def ensure(self) -> None:
        """Make the bucket, private and encrypted in transit, unless it is there."""
        if _exists(self._s3.head_bucket, Bucket=self.name):
            return
        where = {"LocationConstraint": self._cloud.region}
        options = {} if self._cloud.region == "us-east-1" else {"CreateBucketConfiguration": where}
        self._s3.create_bucket(Bucket=self.name, ObjectOwnership="BucketOwnerEnforced", **options)
        self._s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        self._s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(self._tls_only()))

    def _tls_only(self) -> dict[str, Any]:
        bucket = f"arn:aws:s3:::{self.name}"
        statement = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def upload(self, content: bytes, suffix: str) -> str:
        """Store `content` unless it is there already. Gives its key."""
        key = f"{hashlib.sha256(content).hexdigest()}{suffix}"
        if not _exists(self._s3.head_object, Bucket=self.name, Key=key):
            self._s3.put_object(Bucket=self.name, Key=key, Body=content)
        return key

    def upload_zip(self, path: Path) -> str:
        """Store a zip. Gives its address as SAM takes it: `s3://bucket/key`."""
        return f"s3://{self.name}/{self.upload(path.read_bytes(), '.zip')}"

    def upload_template(self, text: str) -> str:
        """Store a template. Gives its URL as CloudFormation takes it."""
        key = self.upload(text.encode(), ".json")
        base = self._cloud.endpoint_url
        if base:
            return f"{base}/{self.name}/{key}"
        return f"https://{self.name}.s3.{self._cloud.region}.amazonaws.com/{key}"


def _exists(head: Any, **where: str) -> bool:
    try:
        head(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket", "NoSuchKey"}:
            return False
        raise
    return True
