"""Alarms: what a function's declaration asks for, and whom it wakes.

Every function is watched in four ways:

- errors: a filter of its log counts what the service logs as an error, crashes and timeouts;
- duration: the same filter counts a run that took four fifths of its time;
- throttles: Lambda's metric of the whole account, because no function has reserved concurrency;
- missing runs, if it runs by the clock: Lambda's metric of its invocations.

Events that failed at every try have an alarm of their own. What runs for requests is missed by the
canary; what runs for events, by the sweeps; a step, by its state machine's timeout.

The price decides the form. A metric that an alarm looks at costs $0.10 a month, one of our own
$0.30 more; filters are free. Lambda's own metrics of errors, throttles and duration would be 28
each, $8.40 in all, and no expression saves any of that: each of its metrics is charged, an alarm
takes 10 at most, and none may search. Filters of many logs may count in one metric. This comes to
little more than $3 (`tests/unit/infra/test_alarms.py`), and $0.10 for each schedule more.
"""

from dataclasses import dataclass

from chalicelib.core.entry_points import Schedule
from infra.cloudformation import Json, Resources, att, ref, resource, staged, sub
from infra.functions import UNDELIVERED, Function, Undeclared

_NAMESPACE = sub("ramon-${Stage}")
_MINUTE, _HOUR = 60, 3600
_LOOKS_BACK = 7 * 24 * _HOUR
"""Longest time that an alarm can look at, where its periods are hours (PutMetricAlarm)."""
_NEARLY = 0.8
"""The part of its time that a run may take before that is news."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Rings when functions that declare it fail, or nearly run out of time."""

    logical_id: str
    name: str
    metric: str
    says: str
    threshold: int = 1
    """How many errors within five minutes are news."""


ALARMS = {
    "api": Alarm(
        "ApiAlarm",
        "api",
        "api_errors",
        "Requests end with an error of ours, or take too long: see the log of the API, and "
        "docs/operating.md",
        threshold=5,
    ),
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
        "The service does not hear its notebooks, or something was left undone: see the logs, and "
        "docs/operating.md",
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
    missing = {
        f"{each.logical_id}Missing": _missing(each, each.declared.trigger)
        for each in functions
        if isinstance(each.declared.trigger, Schedule)
    }
    return {
        "AlarmTopic": topic,
        **{f"{each.logical_id}Errors": _errors(each) for each in functions},
        **{alarm.logical_id: _rings(alarm) for alarm in ALARMS.values()},
        **missing,
        "ThrottleAlarm": _throttles(),
        "UndeliveredAlarm": _undelivered(),
    }


def _errors(function: Function) -> Json:
    """Count what a function logs as an error, and what Lambda reports of its runs."""
    alarm = ALARMS.get(function.declared.alarm)
    if alarm is None:
        raise Undeclared(
            f"{function.declared.name} declares the alarm {function.declared.alarm}; "
            f"there are: {', '.join(ALARMS)}."
        )
    return resource(
        "AWS::Logs::MetricFilter",
        {
            "LogGroupName": ref(function.log_group),
            "FilterPattern": _pattern(function),
            "MetricTransformations": [
                {
                    "MetricNamespace": _NAMESPACE,
                    "MetricName": alarm.metric,
                    "MetricValue": "1",
                }
            ],
        },
    )


def _pattern(function: Function) -> str:
    """Lines of a function's log that are news.

    `service` is in our lines alone: Lambda's runtime logs each exception as an error once more,
    `AskAgain` included. In its reports a crash, or code that can't be imported, is `Runtime.…`.
    """
    nearly = round(function.declared.timeout_seconds * 1000 * _NEARLY)
    ours = '$.service = "ramon" && $.level = "ERROR"'
    reports = (
        '$.record.status = "timeout"',
        '$.record.errorType = "Runtime.*"',
        f"$.record.metrics.durationMs >= {nearly}",
    )
    return f'{{ ({ours}) || ($.type = "platform.report" && ({" || ".join(reports)})) }}'


def _rings(alarm: Alarm) -> Json:
    return _alarm(
        alarm.name,
        alarm.says,
        Namespace=_NAMESPACE,
        MetricName=alarm.metric,
        Statistic="Sum",
        Period=5 * _MINUTE,
        Threshold=alarm.threshold,
    )


def _throttles() -> Json:
    """Lambda's metric without a function's name is of all functions of the account and region."""
    return _alarm(
        "throttles",
        "Lambda refuses to run functions: the account's concurrency is used up. See "
        "docs/operating.md",
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Statistic="Sum",
        Period=5 * _MINUTE,
    )


def _undelivered() -> Json:
    return _alarm(
        "undelivered",
        "An event of ECS or Batch failed at every try and is in the queue ramon-<stage>-"
        "undelivered. See docs/operating.md",
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesSent",
        Dimensions=[{"Name": "QueueName", "Value": att(UNDELIVERED, "QueueName")}],
        Statistic="Sum",
        Period=5 * _MINUTE,
    )


def _missing(function: Function, schedule: Schedule) -> Json:
    """Rings when a scheduled function has not run for longer than its schedule allows.

    Lambda tells nothing of a function that does not run, so missing data is bad data. CloudWatch
    waits for a few more periods before it believes in that; so they are short.
    """
    period = min(schedule.seconds, _HOUR)
    periods = max(schedule.seconds // period + 2, 5 * _MINUTE // period)
    if period * periods > _LOOKS_BACK:
        raise Undeclared(
            f"{function.declared.name} runs too seldom: nobody would notice that it does not. An "
            "alarm looks back for a week at most."
        )
    return _alarm(
        f"{function.short_name}-missing",
        f"{function.short_name} has not run for {periods * period // _MINUTE} minutes. See "
        "docs/operating.md",
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": staged(function.short_name)}],
        Statistic="Sum",
        Period=period,
        EvaluationPeriods=periods,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )


def _alarm(name: str, says: str, **more: object) -> Json:
    """An alarm that rings when something happens once; `more` says of what, and otherwise."""
    properties = {
        "AlarmName": staged(name),
        "AlarmDescription": says,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [ref("AlarmTopic")],
        **more,
    }
    return resource("AWS::CloudWatch::Alarm", properties)
