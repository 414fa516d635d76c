"""What AWS refuses, the stand-in refuses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.testing import LocalCloud

WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture(scope="module")
def machine(cloud: LocalCloud) -> Iterator[str]:
    role = cloud.client("iam").create_role(
        RoleName="of-waiting-machines", AssumeRolePolicyDocument="{}"
    )
    states = cloud.client("stepfunctions")
    made = states.create_state_machine(
        name="strictly-waiting", definition=json.dumps(WAITING), roleArn=role["Role"]["Arn"]
    )
    yield str(made["stateMachineArn"])
    states.delete_state_machine(stateMachineArn=made["stateMachineArn"])


def _start(cloud: LocalCloud, machine: str, name: str, text: str = "{}") -> Any:
    states = cloud.client("stepfunctions")
    return states.start_execution(stateMachineArn=machine, name=name, input=text)


@pytest.mark.parametrize("name", ["with blanks", "x" * 81, "a:b", "a/b", "tab\t"])
def test_an_execution_needs_a_name_that_step_functions_takes(
    cloud: LocalCloud, machine: str, name: str
) -> None:
    with pytest.raises(ClientError, match="InvalidName"):
        _start(cloud, machine, name)


def test_the_input_of_an_execution_must_be_json(cloud: LocalCloud, machine: str) -> None:
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        _start(cloud, machine, "not-json", "no json")


def test_a_start_that_is_repeated_while_it_runs_answers_the_same_execution(
    cloud: LocalCloud, machine: str
) -> None:
    first = _start(cloud, machine, "repeated", '{"n": 1}')
    second = _start(cloud, machine, "repeated", '{"n": 1}')

    assert second["executionArn"] == first["executionArn"]
    assert second["startDate"] == first["startDate"]
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        _start(cloud, machine, "repeated", '{"n": 2}')

    cloud.client("stepfunctions").stop_execution(executionArn=first["executionArn"])
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        _start(cloud, machine, "repeated", '{"n": 1}')


def test_a_secret_without_a_value_has_none_to_give(cloud: LocalCloud) -> None:
    secrets = cloud.client("secretsmanager")
    arn = secrets.create_secret(Name="empty")["ARN"]

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn)

    secrets.put_secret_value(SecretId=arn, SecretString="now")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "now"
