"""Every function is watched, what it does wrong wakes somebody, and that costs little."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib.core import entry_points
from chalicelib.core.observability import log
from infra import alarms, functions
from infra.functions import Function, Undeclared
from tests.unit.infra.filter_patterns import matches

A_METRIC = 0.10
"""Dollars a month for each metric that an alarm of standard resolution looks at."""

OUR_METRIC = 0.30
"""Dollars a month for a custom metric (the first 10,000)."""

MOST_METRICS = 10
"""Metrics in the expression of one alarm."""

LONGEST_PATTERN = 1024
"""Characters of a filter's pattern (PutMetricFilter)."""


def _alarms(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        if resource.get("Type") == "AWS::CloudWatch::Alarm":
            yield resource["Properties"]


def _filters(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        if resource.get("Type") == "AWS::Logs::MetricFilter":
            yield resource["Properties"]


def _metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm looks at."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def _names() -> list[tuple[str, int]]:
    """The logical id and the seconds of every function."""
    found = [("APIHandler", 31)]
    for entry_point in app.FUNCTIONS:
        declared = entry_point.declared
        found.append((declared.name.title().replace("_", ""), declared.timeout_seconds))
    return found


def test_the_errors_and_the_long_runs_of_every_function_ring_an_alarm(
    resources: dict[str, Any],
) -> None:
    ringing = {each["MetricName"] for each in _alarms(resources) if "MetricName" in each}
    by_log = {each["LogGroupName"]["Ref"]: each for each in _filters(resources)}

    assert len(by_log) == len(list(_filters(resources))) == len(_names())
    for name, seconds in _names():
        counts = by_log[resources[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
        pattern = counts["FilterPattern"]
        (limit,) = re.findall(r"durationMs >= (\d+)", pattern)

        assert counts["MetricTransformations"][0]["MetricName"] in ringing
        assert '$.level = "ERROR"' in pattern
        assert '$.record.status = "timeout"' in pattern
        assert 0.5 * seconds < int(limit) / 1000 < seconds
        assert len(pattern) <= LONGEST_PATTERN
        assert pattern.count("(") == pattern.count(")")


def _report(seconds: float, status: str = "success", **more: str) -> str:
    """What Lambda writes at the end of a run, where logs are JSON (Telemetry API, event schema)."""
    metrics = {"durationMs": seconds * 1000, "billedDurationMs": 1, "memorySizeMB": 512}
    record = {"requestId": "1", "status": status, "metrics": metrics, **more}
    return json.dumps({"time": "2026-11-27T12:00:00Z", "type": "platform.report", "record": record})


def _logged(level: int) -> str:
    """A line as the service writes it."""
    record = logging.LogRecord("ramon", level, __file__, 1, "something happened", None, None)
    return log.registered_handler.format(record)


def test_what_is_wrong_rings_and_nothing_else_does(
    resources: dict[str, Any],
) -> None:
    pattern = resources["IdleSweepErrors"]["Properties"]["FilterPattern"]  # it may take 55 s
    # The runtime's own line of each exception: of one that only asks again, too.
    raised = {"timestamp": "2026-11-27T12:00:00Z", "level": "ERROR", "errorType": "StillRunning"}
    rings = [
        _logged(logging.ERROR),
        _report(3, "timeout"),
        _report(55, "timeout"),
        _report(0.1, "error", errorType="Runtime.ImportModuleError"),
        _report(0.1, "failure", errorType="Runtime.ExitError"),
        _report(44),
    ]
    silent = [
        _logged(logging.INFO),
        _logged(logging.WARNING),
        json.dumps(raised),
        _report(0.1),
        _report(43.9),
        _report(0.1, "error", errorType="StillRunning"),
        "Traceback (most recent call last):",
    ]

    assert [line for line in rings if not matches(pattern, line)] == []
    assert [line for line in silent if matches(pattern, line)] == []


def test_lambdas_reports_are_documents_that_a_filter_can_read(resources: dict[str, Any]) -> None:
    for name, _ in _names():
        config = resources[name]["Properties"]["LoggingConfig"]

        assert config["LogFormat"] == "JSON"
        assert config["SystemLogLevel"] == "INFO", "at WARN no run tells how long it took"


def test_throttled_functions_ring_an_alarm(resources: dict[str, Any]) -> None:
    (alarm,) = [each for each in _alarms(resources) if each.get("MetricName") == "Throttles"]

    assert "Dimensions" not in alarm, "without a name it is the sum of all functions"
    for resource in resources.values():
        assert "ReservedConcurrentExecutions" not in str(resource), "would not be in that sum"


def test_a_scheduled_function_that_does_not_run_rings_an_alarm(resources: dict[str, Any]) -> None:
    watched = {}
    for alarm in _alarms(resources):
        for metric in _metrics(alarm):
            if metric.get("MetricName") == "Invocations":
                (dimension,) = metric["Dimensions"]
                watched[dimension["Value"]["Fn::Sub"]] = alarm
    sources: list[Any] = list(app.app.event_sources)
    scheduled = {each.name: each for each in sources if hasattr(each, "schedule_expression")}

    assert set(watched) == {f"ramon-${{Stage}}-{name.replace('_', '-')}" for name in scheduled}
    for name, found in scheduled.items():
        alarm = watched[f"ramon-${{Stage}}-{name.replace('_', '-')}"]
        period = alarm["Period"]
        silence = alarm["EvaluationPeriods"] * period
        interval = _seconds(found.schedule_expression)

        assert interval < silence <= max(interval * 5, 300)
        assert period % 60 == 0
        assert silence <= (86_400 if period < 3600 else 7 * 86_400), "CloudWatch's longest"
        assert alarm["TreatMissingData"] == "breaching", "Lambda tells nothing of no run"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def _seconds(expression: Any) -> int:
    units = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86_400}
    if match := re.fullmatch(r"rate\((\d+) (\w+)\)", expression):
        return int(match[1]) * units[match[2]]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", expression), "once a day"
    return 86_400


def test_every_alarm_wakes_whoever_subscribed_and_no_two_share_a_name(
    resources: dict[str, Any],
) -> None:
    names = [each["AlarmName"]["Fn::Sub"] for each in _alarms(resources)]

    assert len(names) == len(set(names))
    for alarm in _alarms(resources):
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert "docs/operating.md" in alarm["AlarmDescription"]
        assert len(_metrics(alarm)) <= MOST_METRICS
        assert "SEARCH" not in str(alarm), "alarms may not search"


def test_all_alarms_together_cost_less_than_five_dollars_a_month(
    resources: dict[str, Any],
) -> None:
    looked_at = sum(len(_metrics(alarm)) for alarm in _alarms(resources))
    ours = {
        transformation["MetricName"]
        for each in _filters(resources)
        for transformation in each["MetricTransformations"]
    }
    dollars = looked_at * A_METRIC + len(ours) * OUR_METRIC

    assert looked_at >= 19
    assert 3 < dollars < 5


def test_what_failed_at_every_try_is_kept_where_declared(
    documents: dict[str, Any], resources: dict[str, Any]
) -> None:
    keeping = set()
    for entry_point in app.FUNCTIONS:
        declared = entry_point.declared
        properties = resources[declared.name.title().replace("_", "")]["Properties"]
        policy = documents[
            documents["config.json"]["lambda_functions"][declared.name]["iam_policy_file"]
        ]
        sends = [each for each in policy["Statement"] if each["Action"] == "sqs:SendMessage"]
        target = properties.get("EventInvokeConfig", {}).get("DestinationConfig")
        if declared.dead_letters:
            keeping.add(declared.name)
            queue = {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}

            assert target == {"OnFailure": {"Type": "SQS", "Destination": queue}}
            assert [each["Resource"] for each in sends] == [queue]
        else:
            assert target is None
            assert not sends

    sources: list[Any] = list(app.app.event_sources)
    assert keeping == {each.name for each in sources if hasattr(each, "event_pattern")}


def test_an_alarm_that_nobody_knows_is_refused() -> None:
    declared = entry_points.Declaration("x", entry_points.Step(), may=(), alarm="everything")

    with pytest.raises(Undeclared, match="x declares the alarm everything; there are: api"):
        alarms.resources([Function(declared), *functions.functions()])


def test_a_schedule_that_no_alarm_could_watch_is_refused() -> None:
    seldom = entry_points.Schedule("rate(7 days)", 7 * 86_400)
    declared = entry_points.Declaration("x", seldom, may=(), alarm="api")

    with pytest.raises(Undeclared, match="x runs too seldom"):
        alarms.resources([Function(declared)])
