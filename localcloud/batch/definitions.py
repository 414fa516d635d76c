"""Operations on job definitions."""

from dataclasses import dataclass

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError, NotImplementedHere, refuse_unsupported
from localcloud.batch.names import check_name, last_part
from localcloud.batch.retries import check_retry_strategy, check_timeout
from localcloud.batch.store import Store
from localcloud.batch.tags import check_tags
from localcloud.paging import page

UNSUPPORTED = (
    "nodeProperties",
    "ecsProperties",
    "eksProperties",
    "schedulingPriority",
    "consumableResourceProperties",
)

KEPT = ("parameters", "retryStrategy", "timeout", "propagateTags")
"""Members that are kept as they were given."""

RESOURCES = {"vcpus": "VCPU", "memory": "MEMORY"}
"""The old members of container properties and what they are called as resource requirements."""


@dataclass(frozen=True)
class DefinitionOperations:
    """Register-, Describe- and DeregisterJobDefinition."""

    store: Store

    def register(self, request: Record) -> Record:
        """RegisterJobDefinition: the next revision of the name."""
        _check(request)
        name = request["jobDefinitionName"]
        revision = self.store.revisions.get(name, 0) + 1
        arn = self.store.names.definition(name, revision)
        self.store.revisions[name] = revision
        self.store.definitions[f"{name}:{revision}"] = {
            "jobDefinitionName": name,
            "jobDefinitionArn": arn,
            "revision": revision,
            "status": "ACTIVE",
            "type": request["type"],
            "parameters": {},
            "tags": request.get("tags", {}),
            "containerProperties": _container(request["containerProperties"]),
            "platformCapabilities": ["EC2"],
            "containerOrchestrationType": "ECS",
            **{key: request[key] for key in KEPT if key in request},
        }
        self.store.save_resources()
        return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}

    def describe(self, request: Record) -> Record:
        """DescribeJobDefinitions: by references, or by name and status; the newest first."""
        wanted = {last_part(each) for each in request.get("jobDefinitions", [])}
        found = [
            definition
            for definition in self.store.definitions.values()
            if _is_meant(definition, wanted, request)
        ]
        found.sort(key=lambda each: (each["jobDefinitionName"], -each["revision"]))
        return page(found, request, "jobDefinitions", ClientError)

    def deregister(self, request: Record) -> Record:
        """DeregisterJobDefinition: it stays describable and its jobs go on."""
        find(self.store, request["jobDefinition"])["status"] = "INACTIVE"
        self.store.save_resources()
        return {}


def find(store: Store, reference: str) -> Record:
    """The ACTIVE definition of an ARN, a name with revision, or a name (its newest revision)."""
    key = last_part(reference)
    if ":" not in key:
        active = [
            definition["revision"]
            for definition in store.definitions.values()
            if definition["jobDefinitionName"] == key and definition["status"] == "ACTIVE"
        ]
        key = f"{key}:{max(active, default=0)}"
    definition = store.definitions.get(key)
    if definition is None or definition["status"] != "ACTIVE":
        raise ClientError(f"JobDefinition {reference} not found.")
    return definition


def _is_meant(definition: Record, wanted: set[str], request: Record) -> bool:
    name = definition["jobDefinitionName"]
    if wanted:
        return name in wanted or f"{name}:{definition['revision']}" in wanted
    asked = {"jobDefinitionName": name, "status": definition["status"]}
    return all(request.get(key) in (None, value) for key, value in asked.items())


def _check(request: Record) -> None:
    check_name(request["jobDefinitionName"], "Job definition")
    check_tags(request.get("tags", {}))
    refuse_unsupported(request, *UNSUPPORTED)
    if request["type"] != "container":
        raise NotImplementedHere(f"Jobs of type {request['type']} are not part of this stand-in.")
    if request.get("platformCapabilities", ["EC2"]) != ["EC2"]:
        raise NotImplementedHere("Of platformCapabilities only EC2 is part of this stand-in.")
    container = request.get("containerProperties", {})
    refuse_unsupported(container, "secrets", "networkConfiguration", "enableExecuteCommand")
    if not container.get("image"):
        raise ClientError("Container.image should not be null or empty.")
    requirements = _container(container)["resourceRequirements"]
    named = [each["type"] for each in requirements]
    for kind in RESOURCES.values():
        if kind not in named:
            raise ClientError(f"Container resource requirements must include {kind}.")
    check_requirements(requirements)
    check_retry_strategy(request.get("retryStrategy", {}))
    check_timeout(request.get("timeout", {}))


def check_requirements(requirements: list[Record]) -> None:
    """Raise ClientError for an amount that is no positive number."""
    for each in requirements:
        digits = each["value"].replace(".", "", 1) if each["type"] == "VCPU" else each["value"]
        if not digits.isdecimal() or float(each["value"]) <= 0:
            raise ClientError(f"{each['type']} must be a positive number, not {each['value']!r}.")


def _container(given: Record) -> Record:
    """Container properties with resource requirements in their new form."""
    container = {key: value for key, value in given.items() if key not in RESOURCES}
    requirements = list(given.get("resourceRequirements", []))
    named = {each["type"] for each in requirements}
    for member, kind in RESOURCES.items():
        if member in given and kind not in named:
            requirements.append({"type": kind, "value": str(given[member])})
    defaults: Record = {"command": [], "environment": [], "volumes": [], "mountPoints": []}
    return defaults | container | {"resourceRequirements": requirements}
