"""The administrator's credentials: made once for a state directory, checked like anyone's."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from ministack.core.responses import request_scope
from ministack.services import iam

from localcloud.files import write_json
from localcloud.settings import ACCOUNT, REGION

USER = "localcloud-administrator"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


@dataclass(frozen=True)
class Administrator:
    """An access key that may do everything."""

    access_key_id: str
    secret_access_key: str

    def environment(self, endpoint_url: str) -> dict[str, str]:
        """What boto3 needs to act as the administrator."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


def administrator(file: Path) -> Administrator:
    """The credentials kept in `file`, made now if there are none."""
    if file.exists():
        return Administrator(**json.loads(file.read_text()))
    made = Administrator(f"AKIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))
    write_json(file, asdict(made))
    return made


def admit(admin: Administrator) -> None:
    """Make the administrator an IAM user of the stand-in."""
    with request_scope(ACCOUNT, REGION):
        iam._create_user({"UserName": [USER]})
        iam._put_user_policy(
            {"UserName": [USER], "PolicyName": ["everything"], "PolicyDocument": [POLICY]}
        )
        iam._access_keys[admin.access_key_id] = {
            "UserName": USER,
            "AccessKeyId": admin.access_key_id,
            "SecretAccessKey": admin.secret_access_key,
            "Status": "Active",
            "CreateDate": iam._now(),
        }
