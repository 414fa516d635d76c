"""What the front door needs to know of the deployed stack."""

from typing import Any

from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, cloudfront

from localcloud.settings import ACCOUNT, REGION


def rest_api(stage: str) -> str | None:
    """The id of the newest REST API that has a stage of that name."""
    found = [
        (api.get("createdDate", 0), api_id)
        for (account, region, api_id), api in apigateway_v1._rest_apis.all_items()
        if (account, region) == (ACCOUNT, REGION)
        and stage in (apigateway_v1._stages_v1.get_scoped(ACCOUNT, REGION, api_id) or {})
    ]
    return max(found)[1] if found else None


def distribution_config() -> str | None:
    """The configuration of CloudFront's newest distribution, as XML."""
    with request_scope(ACCOUNT, REGION):
        distributions = list(cloudfront._distributions.values())
    return distributions[-1]["config_xml"] if distributions else None


def response_headers_policy() -> dict[str, Any] | None:
    """CloudFront's newest response headers policy, in ministack's form."""
    with request_scope(ACCOUNT, REGION):
        policies = list(cloudfront._response_headers_policies.values())
    return policies[-1] if policies else None
