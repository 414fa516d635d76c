"""Making Lambda functions of a few lines."""

import io
import json
import zipfile
from typing import Any

from localcloud.testing import LocalCloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"],
                "AWS": "arn:aws:iam::000000000000:root",
            },
            "Action": "sts:AssumeRole",
        }
    ],
}


def make_role(cloud: LocalCloud, name: str, *allowed: dict[str, Any]) -> str:
    """A role with statements that allow something; gives its ARN."""
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    if allowed:
        statements = [{"Effect": "Allow", **each} for each in allowed]
        policy = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return str(role["Arn"])


def pack(source: str) -> bytes:
    """A deployment package with one module `app`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", source)
    return archive.getvalue()


class Function:
    """A deployed function."""

    def __init__(self, cloud: LocalCloud, name: str, source: str, **settings: Any) -> None:
        self._client = cloud.client("lambda")
        self.name = name
        self._client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.handler",
            Code={"ZipFile": pack(source)},
            **{"Role": make_role(cloud, name), "Timeout": 10} | settings,
        )

    def call(self, event: Any = None) -> Any:
        """The function's result, or its error record if it failed."""
        answer = self._client.invoke(FunctionName=self.name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())
