"""What the APIs answer in place of a result: refusals of business rules, and errors that every API has.

See also: `postroad.refusal`, which declares the refusal of a command.
"""

from dataclasses import dataclass


class BusinessRefusal(Exception):
    """A business rule refuses a request; `apps.shared.rest` answers with it.

    Attributes:
        code: Stable word for programs, such as `unknown_restaurant`.
        detail: One sentence for people that says what to do.
        field: Path of the request field at fault, such as `lineItems[0].menuItemId`; empty: none.
        status: HTTP status: 400 the request is at fault, 403 it is not yours, 404 there is no such thing, 409 its state forbids it.
    """

    def __init__(self, code: str, detail: str, *, field: str = "", status: int = 409) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field, self.status = code, detail, field, status


def not_found(what: str, key: object) -> BusinessRefusal:
    """Return the refusal for an object that does not exist, such as order 7."""
    return BusinessRefusal("not_found", f"There is no {what} {key}.", status=404)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error that no business rule has to do with; each API puts it into its own form of document.

    Attributes:
        status: HTTP status.
        code: Stable word for programs.
        detail: One sentence for people.
    """

    status: int
    code: str
    detail: str


NO_SUCH_ADDRESS = ErrorAnswer(404, "not_found", "There is nothing at this address.")
UNREADABLE = ErrorAnswer(400, "invalid", "The request cannot be read.")
DEFECT = ErrorAnswer(500, "defect", "Something is wrong on our side; it has been logged.")
NO_DATABASE = ErrorAnswer(503, "unavailable", "The database cannot be used at the moment; try again.")
