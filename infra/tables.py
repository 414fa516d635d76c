"""Tables as the models declare them: keys, indexes, time to live, recovery."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import Attribute, ListAttribute, MapAttribute
from pynamodb.indexes import GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model

from chalicelib.core import config, db
from chalicelib.core.attributes import Expiry, MaybeExpiry
from infra import service
from infra.cloudformation import Json, Resources, camel, kept, staged


class Unclear(Exception):
    """A model does not say what its table is like; the message says why."""


def models() -> list[type[Model]]:
    """Every model of the service that has a table, by the table's name. Raises `Unclear`."""
    service.load()
    ours = [model for model in _below(Model) if model.__module__.startswith("chalicelib.")]
    found = sorted((model for model in ours if _has_table(model)), key=entity)
    for name, count in Counter(map(entity, found)).items():
        if count > 1:
            raise Unclear(f"{count} models have the table {name}: a table belongs to one entity.")
    return found


def _has_table(model: type[Model]) -> bool:
    """Whether it is no mere base of others. Raises `Unclear` if it lacks what all tables share."""
    meta: Any = getattr(model, "Meta", None)
    if not hasattr(meta, "table_name"):
        return False
    if not issubclass(meta, db.BaseMeta):
        raise Unclear(f"Derive {model.__name__}.Meta from db.BaseMeta, as all tables do.")
    return True


def _below(model: type[Model]) -> Iterator[type[Model]]:
    for derived in model.__subclasses__():
        yield derived
        yield from _below(derived)


def resources() -> Resources:
    """The tables of all models. Raises `Unclear`."""
    return {logical_id(entity(model)): table(model) for model in models()}


def entity(model: type[Model]) -> str:
    """What a model's table holds, such as `api_tokens`."""
    table_name: str = _meta(model).table_name
    return table_name.removeprefix(f"ramon-{config.stage()}-")


def logical_id(name: str) -> str:
    """The logical id of an entity's table, such as `ApiTokensTable`."""
    return f"{camel(name)}Table"


def index_names(model: type[Model]) -> set[str]:
    """The names of a model's indexes."""
    return {index.Meta.index_name for index in _indexes(model)}


def shape(model: type[Model]) -> Json:
    """Everything about a model's records that decides whether other code can read them."""
    described = table(model)["Properties"]
    layout = ("KeySchema", "GlobalSecondaryIndexes", "TimeToLiveSpecification")
    return {
        "layout": {name: described[name] for name in layout if name in described},
        "attributes": _kinds(model.get_attributes().values()),
    }


def _kinds(attributes: Iterable[Attribute[Any]]) -> Json:
    """What each attribute holds, by its name in the table."""
    return {str(each.attr_name): _kind(each) for each in attributes}


def _kind(attribute: Attribute[Any]) -> Json:
    """Which kind of value an attribute has: seconds and milliseconds are both numbers."""
    kind = type(attribute)
    found: Json = {
        "is": kind.__name__.removeprefix("Maybe"),
        "type": attribute.attr_type,
        "may_lack": bool(attribute.null),
    }
    if isinstance(attribute, MapAttribute) and kind is not MapAttribute:
        found["holds"] = _kinds(attribute.get_attributes().values())
    if isinstance(attribute, ListAttribute) and attribute.element_type:
        found["holds"] = attribute.element_type.__name__
    return found


def table(model: type[Model]) -> Json:
    """The table of a model."""
    indexes = [_index(index) for index in _indexes(model)]
    recovers = _meta(model).point_in_time_recovery
    return kept(
        "AWS::DynamoDB::Table",
        {
            "TableName": staged(entity(model)),
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": _key_attributes(model),
            "KeySchema": _key_schema(model),
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
            **_time_to_live(model),
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovers},
            "SSESpecification": {"SSEEnabled": True},
        },
    )


def _time_to_live(model: type[Model]) -> Json:
    names = [each.attr_name for each in _attributes(model) if _is_expiry(each)]
    if len(names) > 1:
        raise Unclear(f"A table has one time to live; {entity(model)} has {', '.join(names)}.")
    if not names:
        return {}
    return {"TimeToLiveSpecification": {"AttributeName": names[0], "Enabled": True}}


def _index(index: Any) -> Json:
    projection: Json = {"ProjectionType": index.Meta.projection.projection_type}
    if included := index.Meta.projection.non_key_attributes:
        projection["NonKeyAttributes"] = list(included)
    return {
        "IndexName": index.Meta.index_name,
        "KeySchema": _key_schema(type(index)),
        "Projection": projection,
    }


def _key_attributes(model: type[Model]) -> list[Json]:
    """Each attribute that is a key of the table or of an index, once, with the model's type."""
    types = {each.attr_name: each.attr_type for each in _attributes(model)}
    keys = list(_keys(model))
    for index in _indexes(model):
        for key in _keys(type(index)):
            if types.get(key.attr_name) != key.attr_type:
                name = index.Meta.index_name
                raise Unclear(
                    f"{entity(model)} has no attribute {key.attr_name} of the type that its "
                    f"index {name} is by."
                )
            keys.append(key)
    names = dict.fromkeys(key.attr_name for key in keys)
    return [{"AttributeName": name, "AttributeType": types[name]} for name in names]


def _key_schema(owner: type) -> list[Json]:
    return [
        {"AttributeName": key.attr_name, "KeyType": "HASH" if key.is_hash_key else "RANGE"}
        for key in _keys(owner)
    ]


def _keys(owner: type) -> list[Attribute[Any]]:
    """The keys of a table or an index, the hash key first."""
    keys = [each for each in _attributes(owner) if each.is_hash_key or each.is_range_key]
    return sorted(keys, key=lambda key: not key.is_hash_key)


def _attributes(owner: type) -> list[Attribute[Any]]:
    return [each for each in _members(owner).values() if isinstance(each, Attribute)]


def _indexes(model: type[Model]) -> list[Any]:
    members = _members(model).values()
    if any(isinstance(each, LocalSecondaryIndex) for each in members):
        raise Unclear(
            f"{entity(model)} has a local index, which a table can't be given later: "
            "use a GlobalSecondaryIndex."
        )
    return [each for each in members if isinstance(each, GlobalSecondaryIndex)]


def _members(owner: type) -> dict[str, Any]:
    """What a class has, its bases' included."""
    found: dict[str, Any] = {}
    for each in reversed(owner.__mro__):
        found |= vars(each)
    return found


def _is_expiry(attribute: Attribute[Any]) -> bool:
    return isinstance(attribute, Expiry | MaybeExpiry)


def _meta(model: type[Model]) -> Any:
    return model.Meta
