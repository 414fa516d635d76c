"""The GitHub App's client in Secrets Manager.

It is never a parameter of the stack, where everybody who may look at stacks would see it.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

from ops.deploy.settings import Github

_MISSING = "MISSING: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, and deploy again"


def keep(secrets: Any, arn: str, github: Github, *, overwrite: bool) -> str:
    """See to it that the secret `arn` has a value, and tell in one line how it stands.

    What is there stays, unless `overwrite`; what is missing is added.
    """
    current = _current(secrets, arn)
    names = ("client_id", "client_secret", "webhook_secret")
    given = {name: value for name in names if (value := getattr(github, name))}
    wanted = {**current, **given}
    if not wanted.get("client_id"):
        return _MISSING
    if current == wanted:
        return "unchanged" if given else "kept"
    is_other = any(current.get(name, given[name]) != given[name] for name in given)
    if is_other and not overwrite:
        return "kept; --replace-github-client would replace it by the environment's"
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(wanted))
    return "written"


def _current(secrets: Any, arn: str) -> dict[str, str]:
    """The value; nothing while there is none, which an emulator shows as an empty one."""
    try:
        text = secrets.get_secret_value(SecretId=arn).get("SecretString")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return {}
        raise
    return dict(json.loads(text)) if text else {}
