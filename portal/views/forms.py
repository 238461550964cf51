"""One way for all forms: call the service, put its refusal beside the field."""

from __future__ import annotations

from collections.abc import Callable

from portal.errors import Refused


def refuse(form, refused: Refused) -> int:
    """The service's sentences at their fields, or above the form; the status of the answer, 409 or 422.

    A denial and what is not there are no matters of a form: they are raised again. `form.refused` keeps the refusal.
    """
    if refused.status in (403, 404, 410):
        raise refused
    for field, sentence in (refused.params.get("errors") or {refused.field: str(refused.message)}).items():
        known = field in form.fields and not form.fields[field].widget.is_hidden
        form.add_error(field if known else None, sentence)
    form.refused = refused
    return 409 if refused.status == 409 else 422


def accepted(form, call: Callable[[], object]):
    """What the service gave, or None with the refusal written into the form."""
    if not form.is_valid():
        return None
    try:
        return call()
    except Refused as refused:
        refuse(form, refused)
        return None


def status_of(*forms) -> int:
    """The answer's status: 409 where somebody was there first, 422 for another refusal or wrong input, else 200."""
    refused = [form.refused for form in forms if hasattr(form, "refused")]
    if any(one.status == 409 for one in refused):
        return 409
    return 422 if any(form.errors for form in forms) else 200
