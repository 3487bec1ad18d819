"""What all sections share."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

T = TypeVar("T")


class Section(BaseModel):
    """A section of the config: no other keys, values that do not change, and null for the default."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, values: Any) -> Any:
        """Leave out what is null, unless null says something."""
        if not isinstance(values, dict):
            return values
        fields = cls.model_fields
        return {
            key: value
            for key, value in values.items()
            if value is not None or key not in fields or NoneType in get_args(fields[key].annotation)
        }


class Given(Section):
    """A section that passes on only what is given: what is null is not there."""

    @model_serializer(mode="wrap")
    def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_null(handler(self))


def without_null(entries: Any) -> Any:
    """A mapping without its entries that are null; anything else as it is."""
    if not isinstance(entries, dict):
        return entries
    # A name that is no text is kept, to be refused.
    return {key: entry for key, entry in entries.items() if entry is not None or not isinstance(key, str)}


@dataclass(frozen=True)
class Choice:
    """One of some names that are not known before the program runs: `Annotated[str, Choice(names)]`."""

    names: Iterable[str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Literal[tuple(self.names)])


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the range goes from {ends[0]:g} to {ends[1]:g}; write the smaller number first")
    return ends


def _once(names: list[T]) -> list[T]:
    repeated = [name for place, name in enumerate(names) if name in names[:place]]
    if repeated:
        raise ValueError(f"{repeated[0]} stands there twice; delete one")
    return names


# A name of a file has up to 255 letters, of which a program's own words beside the name take some.
_LONGEST = 80
# A name that stands in paths.
NAME = r"^[A-Za-z0-9_]+$"
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=_LONGEST)]
# What has a name of the user's; null takes an entry away.
Entries = Annotated[dict[Name, T], BeforeValidator(without_null)]
# As it stands in a table, and in a path.
Title = Annotated[str, StringConstraints(pattern=r"^\w[\w +.,&()-]*$", max_length=_LONGEST)]
TitledEntries = Annotated[dict[Title, T], BeforeValidator(without_null)]


def _without_zero(text: str) -> str:
    if "\0" in text:
        # As YAML reads a path of Windows in double quotes.
        raise ValueError(f"{text!r} has a zero byte; write a path with \\ in single quotes or none")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_without_zero)]
Count = Annotated[int, Field(ge=1, strict=True)]
NotNegative = Annotated[float, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
GreyLevels = Annotated[float, Field(ge=0, le=255, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
# Two numbers, the smaller first.
Range = Annotated[tuple[T, T], AfterValidator(_ascending)]
# A list in which nothing stands twice.
Unique = Annotated[list[T], AfterValidator(_once), Field(json_schema_extra={"uniqueItems": True})]
# PyTorch takes no larger one.
Seed = Annotated[int, Field(ge=0, le=2**64 - 1, strict=True)]
