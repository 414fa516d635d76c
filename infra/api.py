"""API Gateway in front of the API: throttles, an access log, and errors in the service's shape."""

import json

from infra.cloudformation import Json, Resources, att, resource, sub, trust

_ACCESS_LOG = {
    "request_id": "$context.requestId",
    "at": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "integration_error": "$context.integration.error",
}

_RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def resources() -> Resources:
    """What is added to the API that Chalice makes, and the account's setting for access logs."""
    return {
        "RestAPI": {
            "DependsOn": "ApiGatewayAccount",
            "Metadata": {
                "About": "OpenApiVersion: without it SAM adds a second stage, called Stage, that "
                "has no throttle and no access log."
            },
            "Properties": _api(),
        },
        "ApiGatewayLogRole": resource(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": trust("apigateway.amazonaws.com"),
                "ManagedPolicyArns": [
                    sub(
                        "arn:${AWS::Partition}:iam::aws:policy/service-role/"
                        "AmazonAPIGatewayPushToCloudWatchLogs"
                    )
                ],
            },
            about="Outlives the stack with the account-wide setting that names it: another "
            "stage's API still writes its access logs by it.",
            **_RETAINED,
        ),
        "ApiGatewayAccount": resource(
            "AWS::ApiGateway::Account",
            {"CloudWatchRoleArn": att("ApiGatewayLogRole", "Arn")},
            about="One setting for the whole AWS account and region: lets API Gateway write "
            "access logs.",
            **_RETAINED,
        ),
    }


def _api() -> Json:
    return {
        "OpenApiVersion": "2.0",
        "Name": sub("ramon-${Stage}"),
        "AccessLogSetting": {
            "DestinationArn": att("ApiAccessLogs", "Arn"),
            "Format": json.dumps(_ACCESS_LOG),
        },
        "MethodSettings": [
            {
                "ResourcePath": "/*",
                "HttpMethod": "*",
                "MetricsEnabled": True,
                "ThrottlingRateLimit": 500,
                "ThrottlingBurstLimit": 1000,
            }
        ],
        "GatewayResponses": _errors(),
    }


def _errors() -> Json:
    """What API Gateway answers by itself, as the service would."""
    return {
        "DEFAULT_4XX": _error(
            "bad_request",
            "The request could not be read. Check its address, method and body.",
        ),
        "DEFAULT_5XX": _error(
            "internal", "Something went wrong on our side. Try again in a moment."
        ),
        "MISSING_AUTHENTICATION_TOKEN": _error(
            "not_found",
            "There is nothing at this address. Check it, or go back to the start page.",
            404,
        ),
        "REQUEST_TOO_LARGE": _error(
            "too_large",
            "The request is larger than 10 MB. Upload large files by /api/uploads.",
            413,
        ),
        "THROTTLED": _error(
            "too_many_requests",
            "Too many requests at the moment. Try again in a few seconds.",
            429,
        ),
        "INTEGRATION_TIMEOUT": _error(
            "timeout", "The answer took too long. Try again in a moment.", 504
        ),
    }


def _error(code: str, message: str, status: int | None = None) -> Json:
    body = {"error": {"code": code, "message": message, "details": {}}}
    templates = {"ResponseTemplates": {"application/json": json.dumps(body)}}
    return {"StatusCode": status, **templates} if status else templates
