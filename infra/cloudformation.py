"""CloudFormation's own words, short enough to read."""

from typing import Any

Json = dict[str, Any]
Resources = dict[str, Json]
"""Resources by logical id."""


def ref(name: str) -> Json:
    """A parameter's value, or what a resource is called by."""
    return {"Ref": name}


def att(name: str, attribute: str) -> Json:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def sub(text: str) -> Json:
    """Text with `${Parameter}`, `${Resource.Attribute}` and `${AWS::Region}` filled in."""
    return {"Fn::Sub": text}


def staged(name: str) -> Json:
    """The name of something of this stage."""
    return sub("ramon-${Stage}-" + name)


def arn(service: str, rest: str) -> Json:
    """The ARN of something in the stack's own account and region."""
    return sub("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + rest)


def machine_arn(machine: str) -> Json:
    """The ARN of a state machine, by the name of its file: no function waits for it to be made."""
    return arn("states", "stateMachine:ramon-${Stage}-" + kebab(machine))


def named(name: str) -> list[Json]:
    """The tag by which the console lists a thing that has no name of its own."""
    return [{"Key": "Name", "Value": staged(name)}]


def resource(kind: str, properties: Json, *, about: str | None = None, **more: Any) -> Json:
    """A resource of a type such as `AWS::EC2::VPC`. `about` is said beside it in the template."""
    described = {"Metadata": {"About": about}} if about else {}
    return {"Type": kind} | more | described | {"Properties": properties}


def kept(kind: str, properties: Json, *, about: str | None = None) -> Json:
    """A resource with people's data: the stage says what becomes of it with the stack."""
    policies = {"DeletionPolicy": ref("DataDeletionPolicy"), "UpdateReplacePolicy": "Retain"}
    return resource(kind, properties, about=about, **policies)


def dropped(kind: str, properties: Json) -> Json:
    """A resource that goes with the stack, with all that is in it."""
    return resource(kind, properties, DeletionPolicy="Delete", UpdateReplacePolicy="Delete")


def role(service: str, name: str, statements: list[Json], *, about: str | None = None) -> Json:
    """A role that a service of AWS takes on, with one policy of this name."""
    policy = {"PolicyName": name, "PolicyDocument": policy_document(statements)}
    assumed = {"AssumeRolePolicyDocument": trust(service), "Policies": [policy]}
    return resource("AWS::IAM::Role", assumed, about=about)


def trust(service: str) -> Json:
    """Who may take on a role: a service such as `ecs-tasks.amazonaws.com`."""
    return policy_document(
        [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
    )


def policy_document(statements: list[Json]) -> Json:
    """A policy of IAM."""
    return {"Version": "2012-10-17", "Statement": statements}


def allow(sid: str, action: str | list[str], to: Any, condition: Json | None = None) -> Json:
    """A statement that allows something; `sid` says for what, in CamelCase."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": to}
    return statement | ({"Condition": condition} if condition else {})


def camel(name: str) -> str:
    """`on_task_state_change` as logical ids are written: `OnTaskStateChange`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def kebab(name: str) -> str:
    """`on_task_state_change` as names in AWS are written: `on-task-state-change`."""
    return name.replace("_", "-")
