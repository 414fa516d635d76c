"""API Gateway's own answers (no such route, body too large) as an imported API defines them.

ministack keeps such responses, but leaves them out when it imports an OpenAPI document.
"""

from typing import Any

from ministack.services import apigateway_v1

EXTENSION = "x-amazon-apigateway-gateway-responses"
"""Where the document defines them (API Gateway developer guide, "OpenAPI extensions")."""


def install() -> None:
    """Let every import of a document take its gateway responses in."""
    import_api = apigateway_v1._import_rest_api

    def with_responses(document: dict[str, Any], data: dict[str, Any]) -> str:
        api_id: str = import_api(document, data)
        for kind, response in document.get(EXTENSION, {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    apigateway_v1._import_rest_api = with_responses
