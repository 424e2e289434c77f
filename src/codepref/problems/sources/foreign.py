"""Records that others write: read by a strict model, or skipped for a reason that is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from codepref.records import Problem
from codepref.strict import explain

_LONGEST_DETAIL = 200  # characters

Record = TypeVar("Record", bound="Foreign")
Texts = Annotated[list[str], Field(default_factory=list)]
# A column without which a record says nothing: it must be there, though it may be null. Were it
# optional, a data set whose column has another name now would be rows without a statement.
PromisedText = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
null_is_empty = BeforeValidator(lambda value: [] if value is None else value)


class Foreign(BaseModel):
    """The fields we use of a record that others write; nothing is converted.

    A field with a default may be null, too: data sets say so where they know nothing.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        required = {
            field.alias or name for name, field in cls.model_fields.items() if field.is_required()
        }
        return {key: value for key, value in data.items() if value is not None or key in required}


class Skip(Exception):
    """A problem that is recognised and left out; the text is the reason that is counted."""


class NotUnderstood(Skip):
    """A row, an answer or a page of another form than we know; if most are, the form changed."""

    def __init__(self, what: str, field: str = "", detail: str = "") -> None:
        reason = f"{what} not understood" + (f" (field '{field}')" if field else "")
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class NotFetched(Skip):
    """A page that the site does not give; if many are not given, the site refuses or is down."""

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = f"page not fetched: {why}"


@dataclass(frozen=True)
class Skipped:
    """A problem left out of a source.

    Attributes:
        item: which one: its file and line, or its name on the site.
        reason: why; counted.
        not_understood: what is wrong with a record of unknown form; empty: it was understood.
        not_fetched: why its page could not be had; empty: it could.
    """

    item: str
    reason: str
    not_understood: str = ""
    not_fetched: str = ""


def parse(model: type[Record], data: Any, what: str) -> Record:
    """Return foreign data as a record.

    Args:
        model: of the record.
        data: JSON text, or what it says; may be anything at all.
        what: ``row``, ``answer`` or ``page``, for the message.

    Raises:
        NotUnderstood: names the field.
    """
    try:
        return model.model_validate(json_data(data, what) if isinstance(data, str) else data)
    except ValidationError as error:
        raise _not_understood(what, error, model) from error


def json_data(text: str | bytes, what: str) -> Any:
    """Return what JSON says.

    Raises:
        NotUnderstood: it is cut off, nested too deep, not UTF-8, or holds a number of thousands of
            digits.
    """
    try:
        return from_json(text)
    except ValueError as error:
        raise NotUnderstood(what, detail=f"not JSON: {error}") from error


def attempt(item: str, what: str, make: Callable[[], Problem]) -> Problem | Skipped:
    """Return the problem that ``make`` returns, or why there is none."""
    # Not above: benchmarks import this module, too, and are sampled where there is no bs4.
    from bs4.exceptions import ParserRejectedMarkup

    try:
        return make()
    except NotUnderstood as error:
        return Skipped(item, error.reason, not_understood=str(error))
    except NotFetched as error:
        return Skipped(item, error.reason, not_fetched=str(error))
    except Skip as error:
        return Skipped(item, str(error))
    except ValidationError as error:  # its parts are fine, but they are no problem of ours
        found = _not_understood(what, error, Problem)
        return Skipped(item, found.reason, str(found))
    except RecursionError:
        return Skipped(item, f"{what} not understood", "nested too deep")
    except ParserRejectedMarkup:
        return Skipped(item, f"{what} not understood", "holds a text that is not HTML")


def _not_understood(what: str, error: ValidationError, model: type[BaseModel]) -> NotUnderstood:
    place = error.errors(include_input=False, include_url=False)[0]["loc"]
    field = ".".join(part for part in place if isinstance(part, str))
    return NotUnderstood(what, field, explain(error, model)[0][:_LONGEST_DETAIL])
