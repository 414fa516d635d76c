import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.functions import Function
from tests.unit.localcloud.tasks import NETWORK, Tasks
from tests.unit.localcloud.waiting import eventually

NOTEBOOK_HOST = "nb-01jexample0000000000000000.localhost"

GATEWAY = """
import os, socket, threading
def serve(connection):
    connection.sendall(b"gateway heard: ")
    while data := connection.recv(65536): connection.sendall(data)
    connection.close()
listener = socket.create_server((os.environ["BIND_ADDRESS"], 8888))
while True: threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
"""

API = """
import json, uuid
def handler(event, context):
    if "fail" in (event["multiValueQueryStringParameters"] or {}):
        body = str(uuid.uuid4())
        return {"statusCode": 503, "headers": {"Cache-Control": "no-store"}, "body": body}
    shown = {key: event[key] for key in ("path", "httpMethod", "headers", "body")}
    shown["query"] = event["multiValueQueryStringParameters"]
    shown["ip"] = event["requestContext"]["identity"]["sourceIp"]
    return {
        "statusCode": 200,
        "headers": {"X-One": "1"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": json.dumps(shown),
    }
"""


def raw(cloud: LocalCloud, request: bytes, *, half_close: bool = False) -> bytes:
    """What the front door sends back for bytes, until it hangs up."""
    with socket.create_connection(("127.0.0.1", cloud.port), 15) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


def get(host: str, path: str = "/", *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.fixture(scope="module")
def api(cloud: LocalCloud) -> Iterator[str]:
    """The origin below which `/api/*` reaches a function that tells what it got."""
    function = Function(cloud, "api", API)
    gateway = cloud.client("apigateway")
    rest_api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=rest_api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=rest_api, parentId=root, pathPart="{proxy+}")["id"]
    method = {"restApiId": rest_api, "resourceId": proxy, "httpMethod": "ANY"}
    gateway.put_method(**method, authorizationType="NONE")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}"
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.create_deployment(restApiId=rest_api, stageName="api")
    yield cloud.app_origin
    gateway.delete_rest_api(restApiId=rest_api)


def test_localhost_is_the_app_and_the_plain_address_leads_there(cloud: LocalCloud) -> None:
    assert httpx.get(cloud.app_origin).status_code in (200, 503)
    answer = httpx.get(f"http://127.0.0.1:{cloud.port}/")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{cloud.app_origin}/")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "x.localhost",
        "nb-1.localhost",
        "10.0.0.1",
        "[::1]",
    ],
)
def test_hosts_that_are_not_ours_are_misdirected(cloud: LocalCloud, host: str) -> None:
    assert status_of(raw(cloud, get(f"{host}:{cloud.port}"))) == 421


def test_a_connection_cannot_change_its_host_to_one_that_is_not_ours(cloud: LocalCloud) -> None:
    first = get(f"localhost:{cloud.port}", "/api/x").replace(b"Connection: close\r\n", b"")
    answer = raw(cloud, first + get("evil.example"))
    assert b" 421 " in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"NONSENSE\r\nHost: localhost\r\n\r\n",
    ],
)
def test_malformed_heads_get_400(cloud: LocalCloud, request_: bytes) -> None:
    assert status_of(raw(cloud, request_)) == HTTPStatus.BAD_REQUEST


def test_endless_heads_are_cut_off(cloud: LocalCloud) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"x" * 70_000
    assert status_of(raw(cloud, endless)) == 431
    later = get("localhost", "/x").replace(b"Connection: close\r\n", b"") + endless + b"\r\n\r\n"
    assert b" 400 " in raw(cloud, later)


def test_a_notebooks_host_without_a_gateway_gets_a_page_that_tries_again(
    cloud: LocalCloud,
) -> None:
    answer = raw(cloud, get(f"{NOTEBOOK_HOST}:{cloud.port}"))
    assert status_of(answer) == 503
    assert b"Retry-After" in answer
    assert b"not running yet" in answer


def test_a_notebooks_host_is_joined_to_the_gateway_byte_by_byte(cloud: LocalCloud) -> None:
    tasks = Tasks(cloud, "gateways")
    group = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/g/1"
    tasks.ecs.create_service(
        cluster="gateways",
        serviceName="gateway",
        taskDefinition=tasks.define(GATEWAY),
        desiredCount=1,
        networkConfiguration=NETWORK,
        loadBalancers=[{"targetGroupArn": group, "containerName": "main", "containerPort": 8888}],
    )
    eventually(lambda: tasks.ecs.list_tasks(cluster="gateways")["taskArns"])
    tasks.wait_for(tasks.ecs.list_tasks(cluster="gateways")["taskArns"][0], "RUNNING")
    request = get(f"{NOTEBOOK_HOST}:{cloud.port}") + bytes(range(256)) * 10_000
    answer = join(cloud, request)
    assert answer == b"gateway heard: " + request
    tasks.ecs.delete_service(cluster="gateways", service="gateway", force=True)


def join(cloud: LocalCloud, request: bytes) -> bytes:
    """Send and receive at once, since the other side echoes."""
    with socket.create_connection(("127.0.0.1", cloud.port), 15) as connection:

        def send() -> None:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = b"".join(iter(lambda: connection.recv(65536), b""))
        sender.join()
        return received


def test_the_api_gets_method_path_query_and_body(api: str) -> None:
    answer = httpx.post(f"{api}/api/a/b%20c?x=1&x=2&y=", json={"name": "ä"})
    told = answer.json()
    assert (told["path"], told["httpMethod"]) == ("/a/b c", "POST")
    assert told["query"] == {"x": ["1", "2"], "y": [""]}
    assert json.loads(told["body"]) == {"name": "ä"}
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_headers_that_only_proxies_may_set_are_not_believed(api: str) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil", "Forwarded": "for=6.6.6.6"}
    told = httpx.get(f"{api}/api/x", headers=headers).json()
    assert told["ip"] == told["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert "evil" not in json.dumps(told)
    assert "6.6.6.6" not in json.dumps(told)


def test_a_body_above_ten_megabytes_gets_the_error_shape(api: str) -> None:
    big = b"x" * (10 * 2**20 + 1)
    declared = httpx.post(f"{api}/api/x", content=big)
    chunked = httpx.post(f"{api}/api/x", content=iter([big]))
    for answer in (declared, chunked):
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"
    allowed = httpx.post(f"{api}/api/x", content=b"x" * 2**20)
    assert len(allowed.json()["body"]) == 2**20


@pytest.mark.usefixtures("api")
def test_the_api_is_at_the_plain_address_too_for_agents(cloud: LocalCloud) -> None:
    assert httpx.get(f"http://127.0.0.1:{cloud.port}/api/agent").json()["path"] == "/agent"


def test_paths_of_the_stand_in_are_not_on_the_apps_origin(cloud: LocalCloud) -> None:
    answer = httpx.get(f"{cloud.app_origin}/github/login/oauth/authorize")
    assert "Sign in to GitHub" not in answer.text


def test_large_answers_arrive_whole(api: str) -> None:
    body = base64.b64encode(bytes(range(256)) * 8_000).decode()
    told: dict[str, Any] = httpx.post(f"{api}/api/x", content=body).json()
    assert told["body"] == body


@contextmanager
def _holding_errors(cloud: LocalCloud, seconds: int) -> Iterator[None]:
    """While a distribution is deployed that holds answers of 503 for so long."""
    held = {"ErrorCode": 503, "ErrorCachingMinTTL": seconds}
    config = {"Enabled": True, "CustomErrorResponses": [held]}
    distribution = {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {"DistributionConfig": config},
    }
    stacks = cloud.client("cloudformation")
    name = f"errors-{seconds}"
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Site": distribution}})
    )
    eventually(
        lambda: (
            stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        )
    )
    yield
    stacks.delete_stack(StackName=name)


@pytest.mark.parametrize(("seconds", "asked_anew"), [(0, True), (600, False)])
def test_an_error_is_held_for_everybody_unless_the_distribution_says_otherwise(
    cloud: LocalCloud, api: str, seconds: int, asked_anew: bool
) -> None:
    with _holding_errors(cloud, seconds):
        first = httpx.get(f"{api}/api/held?fail={seconds}", headers={"Cookie": "who=ada"})
        again = httpx.get(f"{api}/api/held?fail={seconds}", headers={"Cookie": "who=grace"})

    assert first.status_code == again.status_code == 503
    assert (again.text != first.text) is asked_anew
