"""JSON bodies, read strictly: the bytes straight into the type, no coercion of texts into numbers."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.exceptions import ClientException
from litestar.openapi.spec import Operation, Reference, RequestBody, Schema
from litestar.typing import FieldDefinition

T = TypeVar("T")
_NUL = b"\\u0000"  # as JSON writes it; PostgreSQL has no text with it


@dataclass
class OptionalBody(Operation):
    """An operation that may be sent without a body: Litestar says of every body that it is required."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


class StrictJson(AbstractDTO[T]):
    """
    ``@put(…, dto=StrictJson[NewLine], return_dto=None)``: the handler's ``data`` is the decoded struct.

    Litestar's own reading accepts ``"3"`` for a number; an API that says integer must mean it.
    """

    def decode_bytes(self, value: bytes) -> Any:
        """:raises ClientException: not JSON, not of this shape, or with a NUL, which isn't text (400)."""
        if _NUL in value:
            raise ClientException("a text may not hold U+0000")
        try:
            return msgspec.json.decode(value, type=self.model_type)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise ClientException(str(problem)) from problem

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to prepare: msgspec compiles the type by itself."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False
