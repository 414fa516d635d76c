"""Log groups. All are kept for as many days as the stage says, and go with the stack."""

from infra.cloudformation import Json, Resources, dropped, ref, sub


def resources() -> Resources:
    """The log groups of what is no function; each function's own is in `infra/functions.py`."""
    return {
        "ApiAccessLogs": group("/aws/apigateway/ramon-${Stage}"),
        "MachineLogs": group("/aws/vendedlogs/states/ramon-${Stage}"),
        "NotebookLogs": group("/ecs/ramon-${Stage}-notebook"),
        "WorkerLogs": group("/aws/batch/ramon-${Stage}-worker"),
        "GatewayLogs": group("/ecs/ramon-${Stage}-gateway"),
    }


def group(name: str) -> Json:
    """A log group of this name, which may contain `${Stage}`."""
    properties = {"LogGroupName": sub(name), "RetentionInDays": ref("LogRetentionDays")}
    return dropped("AWS::Logs::LogGroup", properties)
