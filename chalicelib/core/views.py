"""Records as the API tells them."""

from typing import Any, TypeVar

import msgspec

Schema = TypeVar("Schema", bound=msgspec.Struct)


def view(schema: type[Schema], record: object, **computed: Any) -> Schema:
    """A record as this schema: `computed` fields as given, all others by name from the record.

    Raises `TypeError` if the schema has no field of a computed one's name, and
    `msgspec.ValidationError` if a value has another type than the schema says.
    """
    strange = computed.keys() - set(schema.__struct_fields__)
    if strange:
        raise TypeError(f"{schema.__name__} has no field {', '.join(sorted(strange))}")
    return msgspec.convert(_Computed(record, computed), schema, from_attributes=True)


class _Computed:
    """Attributes of a record, of which some are replaced."""

    def __init__(self, record: object, computed: dict[str, Any]) -> None:
        self._record = record
        self._computed = computed

    def __getattr__(self, name: str) -> Any:
        if name in self._computed:
            return self._computed[name]
        return getattr(self._record, name)
