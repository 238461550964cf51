"""One way for all forms: call the service, put its refusal beside the field, answer 422."""

from __future__ import annotations

from collections.abc import Callable

from portal.errors import Denied, Refused


def accepted(form, call: Callable[[], object]):
    """What the service gave, or None with the refusal written into the form. Denied and NotFound pass through."""
    if not form.is_valid():
        return None
    try:
        return call()
    except Denied:
        raise
    except Refused as refused:
        errors = refused.params.get("errors") or {refused.field: str(refused.message)}
        for field, sentence in errors.items():
            known = field in form.fields and not form.fields[field].widget.is_hidden
            form.add_error(field if known else None, sentence)
        form.refused = refused
        return None
