"""From the keys that the rules give to sentences that people read."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from portal.errors import Refused


def refuse(problems: Iterable[tuple[str, str, dict]], words: dict[str, str], labels: dict[str, str]) -> None:
    """Raises Refused with every problem (field, key of `words`, facts); returns when there is none.

    `params["errors"]` has {field: sentence} for forms, `params["problems"]` (field, msgid, facts) for what is told
    later, in another language; the message names each field.
    """
    errors: dict[str, str] = {}
    kept: list[tuple[str, str, dict]] = []
    for field, key, facts in problems:
        errors.setdefault(field, _(words[key]) % facts)
        kept.append((field, words[key], facts))
    if errors:
        sentence = "；".join(
            f"{labels.get(field, field)}：{text}" if field else text for field, text in errors.items()
        )
        raise Refused(sentence, field=next(iter(errors)), code="values", errors=errors, problems=kept)


def refuse_field(field: str, sentence: str, code: str = "values", **params) -> None:
    raise Refused(sentence, field=field, code=code, errors={field: sentence}, **params)


def refuse_key(field: str, key: str, words: dict[str, str], **facts) -> None:
    """As refuse_field, with the sentence of a rule's key."""
    refuse_field(field, _(words[key]) % facts, key)
