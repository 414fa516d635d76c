"""Routes of the agent: what the program inside a notebook may call, for its notebook alone."""

from chalicelib.billing import schemas as billing_schemas
from chalicelib.billing import service as billing
from chalicelib.core.access import authenticate_by
from chalicelib.core.http import Api, Call
from chalicelib.notebooks import agent, rights
from chalicelib.notebooks import agent_schemas as schemas
from chalicelib.notebooks.callers import server_of
from chalicelib.notebooks.states import StartStep
from chalicelib.storage import schemas as blobs
from chalicelib.storage import service as storage
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.schemas import Commit, Committed, Head

api = Api("agent", may=rights.SERVE)
authenticate_by("agent", agent.recognise)


@api.post("/agent/boot", access="agent", returns=schemas.Boot)
def boot(call: Call) -> schemas.Boot:
    """Learn which notebook this is, and where its files are."""
    return agent.boot(server_of(call))


@api.post("/agent/stage", access="agent", body=schemas.Progress, returns=blobs.Done)
def note_stage(call: Call, body: schemas.Progress) -> blobs.Done:
    """Tell which step of the start has begun."""
    agent.progress(server_of(call), StartStep(body.name))
    return blobs.Done()


@api.post("/agent/ready", access="agent", returns=blobs.Done)
def ready(call: Call) -> blobs.Done:
    """Tell that the notebook can be entered."""
    agent.ready(server_of(call))
    return blobs.Done()


@api.post(
    "/agent/heartbeat", access="agent", body=schemas.Heartbeat, returns=schemas.HeartbeatAnswer
)
def heartbeat(call: Call, body: schemas.Heartbeat) -> schemas.HeartbeatAnswer:
    """Tell that the notebook is alive, and what it does."""
    return agent.heartbeat(server_of(call), body)


@api.post(
    "/agent/tickets/redeem", access="agent", body=schemas.RedeemTicket, returns=schemas.Redeemed
)
def redeem_ticket(call: Call, body: schemas.RedeemTicket) -> schemas.Redeemed:
    """Exchange a browser's ticket for the visitor's name."""
    return agent.redeem(server_of(call), body.ticket)


@api.get("/agent/workspace", access="agent", returns=Head)
def read_workspace(call: Call) -> Head:
    """Read the newest snapshot of the files."""
    return agent.head(server_of(call))


@api.post(
    "/agent/workspace/downloads", access="agent", body=blobs.WantBlobs, returns=blobs.BlobUrls
)
def download_blobs(call: Call, body: blobs.WantBlobs) -> blobs.BlobUrls:
    """Get addresses to read contents of the newest snapshot from."""
    return blobs.BlobUrls(workspaces.addresses(server_of(call).notebook_id, body.sha256))


@api.post(
    "/agent/workspace/uploads", access="agent", body=blobs.OfferBlobs, returns=blobs.BlobUploads
)
def upload_blobs(call: Call, body: blobs.OfferBlobs) -> blobs.BlobUploads:
    """Get addresses to store contents at."""
    return blobs.BlobUploads(agent.offer(server_of(call), body.blobs))


@api.post(
    "/agent/workspace/uploads/complete",
    access="agent",
    body=blobs.CompleteBlob,
    returns=blobs.Done,
)
def complete_blob(call: Call, body: blobs.CompleteBlob) -> blobs.Done:
    """Join the parts of a large content."""
    storage.complete_blob(server_of(call).account_id, body.sha256, body.upload_id, body.etags)
    return blobs.Done()


@api.post("/agent/workspace/snapshots", access="agent", body=Commit, returns=Committed, status=201)
def commit(call: Call, body: Commit) -> Committed:
    """Add a snapshot of the files."""
    return agent.commit(server_of(call), body)


@api.get("/agent/usage", access="agent", returns=billing_schemas.UsageNow)
def read_own_usage(call: Call) -> billing_schemas.UsageNow:
    """Read what the account's notebooks and clusters cost at the moment."""
    return billing.usage_now(server_of(call).account_id)
