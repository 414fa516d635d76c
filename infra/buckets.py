"""Buckets: contents of notebooks, uploads that are not anything yet, and the web site."""

from infra.cloudformation import (
    Json,
    Resources,
    att,
    dropped,
    kept,
    policy_document,
    ref,
    resource,
    sub,
)

_ABORT_UPLOADS: Json = {
    "Id": "abort-unfinished-uploads",
    "Status": "Enabled",
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
}
_UNCLAIMED: Json = {
    "Id": "delete-unclaimed-contents",
    "Status": "Enabled",
    "Prefix": "blobs/",
    "TagFilters": [{"Key": "unclaimed", "Value": "yes"}],
    "ExpirationInDays": 1,
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}
"""What was brought and nobody claimed. A sweep deletes it three hours after it was offered; this is
for what comes late, or slips through. S3 knows days only, and rounds up to midnight (UTC): a claim
takes two hours at most."""


def resources() -> Resources:
    """The buckets, each with a policy that refuses everything but TLS."""
    return {
        "BlobsBucket": kept(
            "AWS::S3::Bucket", _versioned("blobs", _UNCLAIMED, forgotten_after_days=7)
        ),
        "BlobsBucketPolicy": _policy("BlobsBucket"),
        "UploadsBucket": dropped("AWS::S3::Bucket", _uploads()),
        "UploadsBucketPolicy": _policy("UploadsBucket"),
        "SiteBucket": dropped("AWS::S3::Bucket", _versioned("site", forgotten_after_days=30)),
        "SiteBucketPolicy": _policy("SiteBucket", _read_by_cloudfront()),
    }


def _versioned(name: str, *rules: Json, forgotten_after_days: int) -> Json:
    """A bucket in which what was deleted or overwritten stays for some days."""
    forget: Json = {
        "Id": "forget-old-versions",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": forgotten_after_days},
        "ExpiredObjectDeleteMarker": True,
    }
    versioning = {"VersioningConfiguration": {"Status": "Enabled"}}
    return _private(name) | versioning | _lifecycle(_ABORT_UPLOADS, forget, *rules)


def _uploads() -> Json:
    from_pages: Json = {
        "AllowedOrigins": [ref("AppOrigin")],
        "AllowedMethods": ["PUT"],
        "AllowedHeaders": ["*"],
        "ExposedHeaders": ["ETag"],
        "MaxAge": 3600,
    }
    expire: Json = {"Id": "expire", "Status": "Enabled", "ExpirationInDays": 1}
    return (
        _private("uploads")
        | {"CorsConfiguration": {"CorsRules": [from_pages]}}
        | _lifecycle(_ABORT_UPLOADS, expire)
    )


def _private(name: str) -> Json:
    """A bucket that nobody can make public."""
    return {
        "BucketName": sub("ramon-${Stage}-${AWS::AccountId}-" + name),
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
    }


def _lifecycle(*rules: Json) -> Json:
    return {"LifecycleConfiguration": {"Rules": list(rules)}}


def _policy(bucket: str, *more: Json) -> Json:
    tls_only: Json = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [att(bucket, "Arn"), sub("${" + bucket + ".Arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = policy_document([tls_only, *more])
    return resource("AWS::S3::BucketPolicy", {"Bucket": ref(bucket), "PolicyDocument": document})


def _read_by_cloudfront() -> Json:
    distribution = (
        "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
    )
    return {
        "Sid": "ReadByCloudFront",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": sub("${SiteBucket.Arn}/*"),
        "Condition": {"StringEquals": {"AWS:SourceArn": sub(distribution)}},
    }
