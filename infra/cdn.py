"""The front door: CloudFront before the site in S3 and the API, and what browsers may do there."""

from infra.cloudformation import Json, Resources, att, ref, resource, staged, sub

_NEVER_HELD = (404, 500, 501, 502, 503, 504)
"""Errors that CloudFront would show to others for ten seconds, although they are one person's."""

_CONTENT_SECURITY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' https://avatars.githubusercontent.com ${GithubWebBase}/",
    "connect-src": "'self' ${UploadOrigin}",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}

_OTHER_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_REWRITE = (
    "function handler(event) {",
    "  var request = event.request;",
    "  var last = request.uri.split('/').pop();",
    "  if (last.indexOf('.') === -1) request.uri = '/index.html';",
    "  return request;",
    "}",
)


def resources() -> Resources:
    """The distribution and what it consists of."""
    return {
        "SiteAccess": resource(
            "AWS::CloudFront::OriginAccessControl",
            {
                "OriginAccessControlConfig": {
                    "Name": staged("site"),
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        ),
        "SiteRewrite": resource(
            "AWS::CloudFront::Function",
            {
                "Name": staged("site-rewrite"),
                "AutoPublish": True,
                "FunctionConfig": {
                    "Comment": "Pages of the web application are index.html",
                    "Runtime": "cloudfront-js-2.0",
                },
                "FunctionCode": {"Fn::Join": ["\n", list(_REWRITE)]},
            },
            about="The web application has its own router: every address that is not a file is "
            "index.html.",
        ),
        "SecurityHeaders": resource(
            "AWS::CloudFront::ResponseHeadersPolicy",
            {"ResponseHeadersPolicyConfig": _security_headers()},
        ),
        "Distribution": resource(
            "AWS::CloudFront::Distribution", {"DistributionConfig": _distribution()}
        ),
    }


def _security_headers() -> Json:
    policy = "; ".join(f"{name} {value}" for name, value in _CONTENT_SECURITY.items())
    return {
        "Name": staged("security"),
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": {
                "AccessControlMaxAgeSec": 63072000,
                "IncludeSubdomains": True,
                "Preload": False,
                "Override": True,
            },
            "ContentSecurityPolicy": {"ContentSecurityPolicy": sub(policy), "Override": False},
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"FrameOption": "DENY", "Override": True},
            "ReferrerPolicy": {
                "ReferrerPolicy": "strict-origin-when-cross-origin",
                "Override": True,
            },
        },
        "CustomHeadersConfig": {
            "Items": [
                {"Header": name, "Value": value, "Override": True}
                for name, value in _OTHER_HEADERS.items()
            ]
        },
    }


def _distribution() -> Json:
    return {
        "Enabled": True,
        "Comment": sub("ramon ${Stage}"),
        "Aliases": [ref("AppDomain")],
        "DefaultRootObject": "index.html",
        "CustomErrorResponses": [
            {"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in _NEVER_HELD
        ],
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "WebACLId": ref("WebAclArn"),
        "ViewerCertificate": {
            "AcmCertificateArn": ref("CloudFrontCertificateArn"),
            "SslSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
        "Origins": [_site(), _api()],
        "DefaultCacheBehavior": _behavior(
            "site",
            "CachingOptimized",
            FunctionAssociations=[
                {
                    "EventType": "viewer-request",
                    "FunctionARN": att("SiteRewrite", "FunctionARN"),
                }
            ],
        ),
        "CacheBehaviors": [
            _behavior(
                "api",
                "CachingDisabled",
                PathPattern="/api/*",
                AllowedMethods=["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                OriginRequestPolicyId=_policy("AllViewerExceptHostHeader"),
            )
        ],
    }


def _site() -> Json:
    return {
        "Id": "site",
        "DomainName": att("SiteBucket", "RegionalDomainName"),
        "OriginAccessControlId": ref("SiteAccess"),
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def _api() -> Json:
    return {
        "Id": "api",
        "DomainName": sub("${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}"),
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
            "OriginReadTimeout": 30,
        },
    }


def _behavior(origin: str, caching: str, **more: object) -> Json:
    return {
        "TargetOriginId": origin,
        "CachePolicyId": _policy(caching),
        "ViewerProtocolPolicy": "redirect-to-https",
        "Compress": True,
        "ResponseHeadersPolicyId": ref("SecurityHeaders"),
        **more,
    }


def _policy(name: str) -> Json:
    """A policy that CloudFront has for everybody."""
    return {"Fn::FindInMap": ["CloudFrontPolicies", name, "Id"]}
