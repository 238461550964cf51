"""Choices of a filter bar, written as one string each.

Django renders every option through templates of its own: a filter bar of eight fields takes as long as the fifty rows
below it. The markup is Django's.
"""

from __future__ import annotations

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join


def chosen(value) -> set[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return {str(v) for v in values if v is not None}


class Boxes(forms.CheckboxSelectMultiple):
    """Check boxes, one under the other."""

    def render(self, name, value, attrs=None, renderer=None):
        attrs = self.build_attrs(self.attrs, attrs)
        own = attrs.pop("id", f"id_{name}")
        picked = chosen(value)
        rest = flatatt({key: v for key, v in attrs.items() if key != "class"})
        options = format_html_join(
            "",
            '<div><label for="{0}_{1}"><input type="checkbox" name="{2}" value="{3}" id="{0}_{1}"{4}{5}> {6}</label></div>',
            (
                (own, number, name, key, " checked" if str(key) in picked else "", rest, label)
                for number, (key, label) in enumerate(self.choices)
            ),
        )
        return format_html('<div id="{}">{}</div>', own, options)


class Options:
    """Mixed into a select."""

    def render(self, name, value, attrs=None, renderer=None):
        attrs = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        if self.allow_multiple_selected:
            attrs["multiple"] = True
        picked = chosen(value if value is not None else "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, " selected" if str(key) in picked else "", label) for key, label in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt(attrs), options)


class One(Options, forms.Select):
    """A list of which one is chosen."""


class Several(Options, forms.SelectMultiple):
    """A list of which several can be chosen."""
