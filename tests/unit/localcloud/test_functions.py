from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localcloud.testing import LocalCloud, start
from tests.unit.localcloud.functions import Function
from tests.unit.localcloud.waiting import alive, eventually

ENVIRONMENT = "import os\ndef handler(event, context): return dict(os.environ)"

WHO = """
import boto3, os
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""

FAILING = """
class NotebookGone(Exception): pass
def handler(event, context): raise NotebookGone("no such notebook")
"""

SLEEPING = """
import os, time
def handler(event, context):
    if event.get("file"): open(event["file"], "w").write(str(os.getpid()))
    time.sleep(event["seconds"])
    return os.getpid()
"""

MEETING = """
import os, time
def handler(event, context):
    open(event["mine"], "w").close()
    while not os.path.exists(event["others"]): time.sleep(0.01)
    return os.getpid()
"""

PRINTING = """
import sys
print("imported")
def handler(event, context):
    print("called", event)
    sys.stderr.write("unfinished line")
    return context.get_remaining_time_in_millis()
"""


def test_a_function_gets_its_own_environment_and_not_the_launchers(cloud: LocalCloud) -> None:
    function = Function(
        cloud, "environment", ENVIRONMENT, Environment={"Variables": {"GREETING": "hello"}}
    )
    environment = function.call()
    assert environment["GREETING"] == "hello"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "environment"
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not {"AUTH", "HOME", "STATE_DIR", "PORT"} & set(environment)


def test_a_function_acts_as_its_role(cloud: LocalCloud) -> None:
    assert Function(cloud, "who", WHO).call().endswith(":assumed-role/who/who")


def test_an_error_has_the_exceptions_own_type(cloud: LocalCloud) -> None:
    error = Function(cloud, "failing", FAILING).call()
    assert (error["errorType"], error["errorMessage"]) == ("NotebookGone", "no such notebook")
    assert len(error["stackTrace"]) == 1


def test_a_module_that_cannot_be_imported_says_why(cloud: LocalCloud) -> None:
    error = Function(cloud, "broken", "import nothing_of_that_name").call()
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_that_name" in error["errorMessage"]


def test_a_function_that_takes_too_long_is_ended_and_works_the_next_time(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    function = Function(cloud, "slow", SLEEPING, Timeout=3)
    file = tmp_path / "pid"
    error = function.call({"seconds": 30, "file": str(file)})
    assert error["errorType"] == "Sandbox.Timedout"
    assert not alive(int(file.read_text()))
    assert function.call({"seconds": 0})


def test_a_function_that_exits_says_so(cloud: LocalCloud) -> None:
    error = Function(cloud, "exiting", "import os\ndef handler(e, c): os._exit(3)").call()
    assert error["errorType"] == "Runtime.ExitError"


def test_several_calls_at_once_run_in_parallel_and_the_processes_are_used_again(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    function = Function(cloud, "parallel", MEETING, Timeout=120)
    files = [str(tmp_path / name) for name in ("one", "other")]
    events = [{"mine": mine, "others": others} for mine, others in (files, reversed(files))]
    with ThreadPoolExecutor(2) as pool:
        pids = list(pool.map(function.call, events))
    assert len(set(pids)) == 2
    assert function.call(events[0]) in pids


def test_what_a_function_prints_is_in_its_log_group(cloud: LocalCloud) -> None:
    function = Function(cloud, "printing", PRINTING)
    assert 0 < function.call({"a": 1}) <= 10_000
    logs = cloud.client("logs")

    def lines() -> str:
        found = logs.filter_log_events(logGroupName="/aws/lambda/printing")["events"]
        return "".join(event["message"] for event in found)

    eventually(lambda: "called {'a': 1}" in lines())
    assert "imported" in lines()
    assert "unfinished line" in lines()


def test_functions_die_with_the_launcher_even_in_the_middle_of_a_call(tmp_path: Path) -> None:
    cloud = start(tmp_path)
    function = Function(cloud, "idle", SLEEPING)
    idle = function.call({"seconds": 0})
    busy_file = tmp_path / "busy"
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function.call, {"seconds": 600, "file": str(busy_file)})
        busy = int(eventually(lambda: busy_file.exists() and busy_file.read_text()))
        cloud.kill()
        eventually(lambda: not alive(busy) and not alive(idle))
        assert call.exception(timeout=90) is not None
