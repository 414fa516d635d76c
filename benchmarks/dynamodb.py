"""A bare read of DynamoDB: one signed request, one item, no library around it."""

import json

from aiohttp import ClientSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.errors import BenchmarkError
from benchmarks.load import Request
from localcloud.testing import LocalCloud


def get_item(http: ClientSession, cloud: LocalCloud, table: str, key: str) -> Request:
    """Reads the item with this `id` from a table of the local stage."""
    address: str = cloud.endpoint["aws_endpoint_url"]
    keys = cloud.endpoint["credentials"]
    signer = SigV4Auth(
        Credentials(keys["access_key_id"], keys["secret_access_key"]),
        "dynamodb",
        cloud.endpoint["region"],
    )
    body = json.dumps({"TableName": f"ramon-local-{table}", "Key": {"id": {"S": key}}}).encode()

    async def read() -> None:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.GetItem",
        }
        request = AWSRequest("POST", address, headers=headers, data=body)
        signer.add_auth(request)
        async with http.post(address, data=body, headers=dict(request.headers.items())) as answer:
            told = await answer.json(content_type=None)
        if "Item" not in told:
            raise BenchmarkError(f"DynamoDB did not give the item: {told}")

    return read
