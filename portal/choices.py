"""Choices of models whose words stand in rules: rules keep plain Chinese, the reader's language comes when shown."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy


def in_language(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, object]]:
    """(value, marked text) pairs with labels that are translated at each display."""
    return [(value, gettext_lazy(label)) for value, label in pairs]
