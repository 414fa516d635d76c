"""Routes of storage."""

from chalicelib.core import clock
from chalicelib.core.http import Api, Call
from chalicelib.storage import schemas, service

api = Api(
    "storage",
    may=(
        "keep blobs",
        "keep uploads",
        "delete, put, query offers",
        "get, update byte_counters",
        "keep contents",
        "take uploads",
        "list contents",
        "list uploads",
    ),
)


@api.post(
    "/uploads",
    body=schemas.CreateUpload,
    returns=schemas.Upload,
    status=201,
    scope="notebooks:write",
)
def create_upload(call: Call, body: schemas.CreateUpload) -> schemas.Upload:
    """Get an address to hand in a file."""
    upload, url, headers = service.offer_upload(call.account_id, body.filename, body.size)
    return schemas.Upload(
        upload_id=upload.id,
        url=url,
        method="PUT",
        headers=headers,
        expires_at=clock.moment(upload.expires_at),
    )
