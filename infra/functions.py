"""Lambda functions as their entry points declare them: names, logs, retries, settings."""

import dataclasses
from dataclasses import dataclass

# Importing the application is what registers entry points.
import app as application
from chalicelib.core import http
from chalicelib.core.entry_points import (
    DECLARED,
    MEMORY_MIB,
    TIMEOUT_SECONDS,
    Declaration,
    Requests,
    Schedule,
)
from infra import logs, service
from infra.cloudformation import (
    Json,
    Resources,
    att,
    camel,
    kebab,
    ref,
    resource,
    staged,
)

UNDELIVERED = "UndeliveredEvents"
"""The logical id of the queue of events that failed at every try."""

_KEPT_SECONDS = 14 * 86_400
"""How long such an event is kept: the longest that SQS allows."""

_AS_JSON = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
"""Lambda's own lines as documents, too: alarms read its reports (`infra/alarms.py`)."""


class Undeclared(Exception):
    """A function cannot be written: the message says what its declaration lacks."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the stack."""

    declared: Declaration

    @property
    def is_api(self) -> bool:
        """Whether it serves requests: Chalice has names of its own for that one."""
        return isinstance(self.declared.trigger, Requests)

    @property
    def logical_id(self) -> str:
        """What the template calls it: Chalice makes it from the name."""
        return "APIHandler" if self.is_api else camel(self.declared.name)

    @property
    def short_name(self) -> str:
        """What it is called in AWS, without the stage: `idle-sweep`."""
        return "api" if self.is_api else kebab(self.declared.name)

    @property
    def policy_file(self) -> str:
        """Where its role's policy is, in `.chalice/`."""
        return f"policy-{self.short_name}.json"

    @property
    def log_group(self) -> str:
        """The logical id of its log group."""
        return f"{self.logical_id}Logs"

    @property
    def log_group_name(self) -> str:
        """The name of its log group."""
        return "/aws/lambda/ramon-${Stage}-" + self.short_name


def functions() -> list[Function]:
    """Every function: the API, and what `app.py` registers. Raises `Undeclared`."""
    service.load()
    rights = dict.fromkeys(right for api in application.APIS for right in api.may)
    api = dataclasses.replace(http.FUNCTION, may=tuple(rights))
    declared = [entry_point.declared for entry_point in application.FUNCTIONS]
    _check(declared)
    return [Function(each) for each in (api, *declared)]


def _check(declared: list[Declaration]) -> None:
    """Every declared entry point is registered, once, under the name that Lambda looks for."""
    names = [each.name for each in declared]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise Undeclared(f"app.py registers two entry points called {name}.")
    for entry_point in DECLARED:
        if entry_point not in application.FUNCTIONS:
            name = entry_point.declared.name
            raise Undeclared(f"{name} is declared, but app.py does not register it.")
    for name in names:
        if not hasattr(application, name):
            raise Undeclared(f"Assign the entry point {name} to that very name in app.py.")


def resources(found: list[Function]) -> Resources:
    """What is added to the functions that Chalice makes, and their log groups."""
    made: Resources = {UNDELIVERED: _undelivered()}
    for function in found:
        made[function.log_group] = logs.group(function.log_group_name)
        made[function.logical_id] = {"Properties": _properties(function)}
    return made


def _properties(function: Function) -> Json:
    properties: Json = {
        "FunctionName": staged(function.short_name),
        "LoggingConfig": {"LogGroup": ref(function.log_group), **_AS_JSON},
    }
    if function.declared.retries is not None:
        properties["EventInvokeConfig"] = _retries(function)
    return properties


def _retries(function: Function) -> Json:
    """What becomes of an event that Lambda could not deliver, or that failed."""
    retries: Json = {"MaximumRetryAttempts": function.declared.retries}
    if isinstance(function.declared.trigger, Schedule):
        # Later, the next run has begun.
        retries["MaximumEventAgeInSeconds"] = 60
    if function.declared.dead_letters:
        kept_in = {"Type": "SQS", "Destination": att(UNDELIVERED, "Arn")}
        retries["DestinationConfig"] = {"OnFailure": kept_in}
    return retries


def _undelivered() -> Json:
    """The queue of events that failed at every try, as Lambda got them, with the error."""
    properties = {
        "QueueName": staged("undelivered"),
        "MessageRetentionPeriod": _KEPT_SECONDS,
        "SqsManagedSseEnabled": True,
    }
    return resource("AWS::SQS::Queue", properties)


def chalice_config(found: list[Function]) -> Json:
    """The configuration of `chalice package`."""
    return {
        "version": "2.0",
        "app_name": "ramon",
        "api_gateway_stage": "api",
        "api_gateway_endpoint_type": "REGIONAL",
        "minimum_compression_size": 1024,
        "autogen_policy": False,
        "automatic_layer": True,
        "lambda_memory_size": MEMORY_MIB,
        "lambda_timeout": TIMEOUT_SECONDS,
        "stages": {"local": {}, "dev": {}, "prod": {}},
        "lambda_functions": {each.declared.name: _settings(each) for each in found},
    }


def _settings(function: Function) -> Json:
    """What Chalice is told of one function, where it differs from all others."""
    settings: Json = {"iam_policy_file": function.policy_file}
    if function.declared.memory_mib != MEMORY_MIB:
        settings["lambda_memory_size"] = function.declared.memory_mib
    if function.declared.timeout_seconds != TIMEOUT_SECONDS:
        settings["lambda_timeout"] = function.declared.timeout_seconds
    return settings
