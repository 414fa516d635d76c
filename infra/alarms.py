"""Alarms, and whom they wake."""

from dataclasses import dataclass

from infra.cloudformation import Json, Resources, ref, resource, staged, sub
from infra.functions import Function, Undeclared

_NAMESPACE = sub("ramon-${Stage}")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Rings when one of its functions logs an error."""

    logical_id: str
    name: str
    metric: str
    says: str


ALARMS = {
    "billing": Alarm(
        "BillingAlarm",
        "billing",
        "billing_errors",
        "Use was not recorded, not delivered, or the books disagree: see the logs, and "
        "docs/operating.md",
    ),
    "clusters": Alarm(
        "ClusterAlarm",
        "clusters",
        "cluster_errors",
        "A cluster, a pool or a quota needs a look: see the logs, and docs/operating.md",
    ),
    "notebooks": Alarm(
        "NotebookAlarm",
        "notebooks",
        "notebook_errors",
        "The service does not hear its notebooks, or a sweep left something undone: see the logs, "
        "and docs/operating.md",
    ),
}
"""By the names that entry points declare."""


def resources(functions: list[Function]) -> Resources:
    """The topic, the alarms, and the filters that count what rings them."""
    topic = resource(
        "AWS::SNS::Topic",
        {"TopicName": staged("alarms")},
        about="Whoever is to be woken subscribes to it.",
    )
    alarmed = [each for each in functions if each.declared.alarm]
    filters = {f"{each.logical_id}Errors": _errors(each) for each in alarmed}
    alarms = {alarm.logical_id: _rings(alarm) for alarm in ALARMS.values()}
    return {"AlarmTopic": topic, **filters, **alarms}


def _errors(function: Function) -> Json:
    """Count the errors that a function logs."""
    alarm = ALARMS.get(function.declared.alarm or "")
    if alarm is None:
        raise Undeclared(
            f"{function.declared.name} declares the alarm {function.declared.alarm}; "
            f"there are: {', '.join(ALARMS)}."
        )
    return resource(
        "AWS::Logs::MetricFilter",
        {
            "LogGroupName": ref(function.log_group),
            "FilterPattern": '{ $.level = "ERROR" }',
            "MetricTransformations": [
                {
                    "MetricNamespace": _NAMESPACE,
                    "MetricName": alarm.metric,
                    "MetricValue": "1",
                }
            ],
        },
    )


def _rings(alarm: Alarm) -> Json:
    return resource(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": staged(alarm.name),
            "AlarmDescription": alarm.says,
            "Namespace": _NAMESPACE,
            "MetricName": alarm.metric,
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [ref("AlarmTopic")],
        },
    )
