"""What a service says when it will not do something: a sentence for the person, never a stack trace."""

from __future__ import annotations


class Refused(Exception):
    """The change is not made. `message`: where, what is wrong, the way out, in the person's language;
    `field`: the form field or key it belongs to; `code`: for other systems; `params`: facts for the answer."""

    status = 400

    def __init__(self, message, *, field: str | None = None, code: str = "refused", **params):
        super().__init__(str(message))
        self.message = message
        self.field = field
        self.code = code
        self.params = params


class Conflict(Refused):
    """Somebody else was there first; the message says what changed."""

    status = 409


class Denied(Refused):
    """The table of rights says no."""

    status = 403


class NotFound(Refused):
    status = 404


class Gone(Refused):
    """There was one, and what is left of it is its record."""

    status = 410
