"""Each rule of behaviour finds the fault that it is for, and none in our own template."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import aws
from ops.checks import behaviour
from ops.checks.behaviour import limits
from ops.checks.behaviour.template import ACCOUNT, expand
from ops.deploy import settings

Stack = dict[str, Any]
REGION = "eu-central-1"


def _broken(stack: Stack, **parameters: str) -> list[str]:
    stage = settings.load("prod")
    uploads = settings.upload_origin(f"ramon-prod-{ACCOUNT}-uploads", stage.region)
    given = settings.parameters("prod", stage, uploads) | parameters
    return list(behaviour.broken(expand(stack, given, REGION)))


def _without(name: str, *path: str) -> Callable[[Stack], None]:
    """A change that takes something out of a resource."""

    def change(stack: Stack) -> None:
        part = stack["Resources"][name]
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]

    return change


def _old_name_of_batch(stack: Stack) -> None:
    for policy in stack["Resources"]["WorkerHostRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Sid"] == "JoinItsCluster":
                statement["Resource"] = "arn:aws:ecs:*:*:cluster/*_Batch_*"


def _private_subnet(stack: Stack) -> None:
    stack["Resources"]["NotebookSubnetB"]["Properties"]["MapPublicIpOnLaunch"] = False


def _route_is_not_awaited(stack: Stack) -> None:
    stack["Resources"]["GatewayService"]["DependsOn"] = "HttpsListener"
    stack["Resources"]["LoadBalancer"].pop("DependsOn")


def _bucket_named_by_a_kept_role(stack: Stack) -> None:
    policy = {
        "PolicyName": "site",
        "PolicyDocument": {"Statement": [{"Resource": {"Fn::Sub": "${SiteBucket.Arn}/*"}}]},
    }
    stack["Resources"]["ApiGatewayLogRole"]["Properties"]["Policies"] = [policy]


def _mute_event_handler(stack: Stack) -> None:
    policies = stack["Resources"]["OnJobStateChangeRole"]["Properties"]["Policies"]
    document = policies[0]["PolicyDocument"]
    document["Statement"] = [each for each in document["Statement"] if "sqs" not in str(each)]


def _many_resources(stack: Stack) -> None:
    for number in range(limits.MOST_RESOURCES):
        stack["Resources"][f"Topic{number}"] = {"Type": "AWS::SNS::Topic"}


def _long_environment(stack: Stack) -> None:
    stack["Globals"]["Function"]["Environment"]["Variables"]["RAMON_TEXT"] = "x" * 4000


def _long_policy(stack: Stack) -> None:
    policies = stack["Resources"]["GatewayRole"]["Properties"]["Policies"]
    policies.append({"PolicyName": "long", "PolicyDocument": {"Statement": ["x" * 11_000]}})


def _large_template(stack: Stack) -> None:
    stack["Metadata"] = {"Text": "x" * limits.LARGEST_TEMPLATE}


def test_our_template_breaks_no_rule(stack: Stack) -> None:
    assert _broken(stack) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            _without("RestAPI", "Properties", "OpenApiVersion"),
            "second stage, “Stage”",
            id="an open stage",
        ),
        pytest.param(
            _without("Distribution", "Properties", "DistributionConfig", "CustomErrorResponses"),
            "holds an answer of 503",
            id="errors for everybody",
        ),
        pytest.param(_route_is_not_awaited, "LoadBalancer faces the internet", id="no wait"),
        pytest.param(_private_subnet, "NotebookSubnetB gives hosts no way", id="no way out"),
        pytest.param(
            _without("NotebookRouteToInternet", "Properties", "GatewayId"),
            "NotebookSubnetA gives hosts no way",
            id="no route",
        ),
        pytest.param(_old_name_of_batch, "ecs:RegisterContainerInstance", id="may not join"),
        pytest.param(
            _mute_event_handler,
            "OnJobStateChangeRole does not allow sqs:SendMessage",
            id="may not tell what failed",
        ),
        pytest.param(
            _without("ApiGatewayLogRole", "DeletionPolicy"),
            "ApiGatewayAccount is kept",
            id="kept beside a lost role",
        ),
        pytest.param(_bucket_named_by_a_kept_role, "names SiteBucket", id="kept beside a bucket"),
        pytest.param(_many_resources, "resources; a stack can have 500", id="too many resources"),
        pytest.param(_long_environment, "has an environment of", id="a long environment"),
        pytest.param(_long_policy, "GatewayRole has inline policies", id="a long policy"),
        pytest.param(_large_template, "The template has", id="a large template"),
    ],
)  # fmt: skip
def test_a_fault_is_found(stack: Stack, change: Callable[[Stack], None], says: str) -> None:
    faulty = copy.deepcopy(stack)
    change(faulty)

    assert [found for found in _broken(faulty) if says in found]


def test_data_that_goes_with_its_stack_is_not_held_to_be_kept(stack: Stack) -> None:
    assert _broken(stack, DataDeletionPolicy="Delete") == []


def test_a_presigned_host_that_pages_may_not_reach_is_found(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_s3 = {name: c for name, c in aws._OF_SERVICE.items() if name != "s3"}  # noqa: SLF001  the fault is planted there
    monkeypatch.setattr(aws, "_OF_SERVICE", without_s3)

    found = [what for what in _broken(stack) if "pages may upload to" in what]

    assert [REGION in what for what in found].count(True) == 1
