"""Business refusals of the REST APIs.  See also: `postroad.refusal`, which declares the refusal of a command."""


class BusinessRefusal(Exception):
    """A business rule refuses a request; `apps.shared.rest` answers with it.

    Attributes:
        code: Stable word for programs, such as `unknown_restaurant`.
        detail: One sentence for people that says what to do.
        field: Path of the field of the request that is at fault, such as `lineItems[0].menuItemId`; empty: none.
        status: HTTP status: 400 the request is at fault, 403 it is not yours, 404 there is no such thing, 409 its state forbids it.
    """

    def __init__(self, code: str, detail: str, *, field: str = "", status: int = 409) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field, self.status = code, detail, field, status


def not_found(what: str, key: object) -> BusinessRefusal:
    """Return the refusal for an object that does not exist, such as order 7."""
    return BusinessRefusal("not_found", f"There is no {what} {key}.", status=404)
