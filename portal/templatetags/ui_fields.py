"""Forms and lists: fields, error summary, sortable heads, paging by key, filter bar with removable conditions."""

import copy

from django import forms, template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from portal.spreadsheets import LISTS
from portal.templatetags.ui import attributes, button, drawing

register = template.Library()

#: Widgets that are a group of boxes: they stand in a fieldset with a legend.
GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


class QuickSelect(forms.Select):
    """Django's choice of one, written by one format string: its templates render each option by two includes, which
    made the filter bar a sixth of a list."""

    @classmethod
    def of(cls, widget: forms.Select) -> "QuickSelect":
        quick = copy.copy(widget)
        quick.__class__ = cls
        return quick

    def _render(self, template_name, context, renderer=None) -> str:
        widget = context["widget"]
        parts = [format_html('<select name="{}"{}>', widget["name"], flat(widget["attrs"]))]
        for group, options, _index in widget["optgroups"]:
            if group:
                parts.append(format_html('<optgroup label="{}">', group))
            parts += [
                format_html('<option value="{}"{}>{}</option>', str(o["value"]), flat(o["attrs"]), o["label"])
                for o in options
            ]
            if group:
                parts.append("</optgroup>")
        parts.append("</select>")
        return mark_safe("".join(parts))  # each part is escaped above


def flat(attrs: dict) -> str:
    """A widget's attributes as Django's templates write them: True stands alone, False is left out."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, str(value)),)
            for name, value in attrs.items()
            if value is not False
        ),
    )


@register.inclusion_tag("components/field.html")
def field(bound, css: str = "", unit: str = "", reason: str = "", autofocus: bool = False) -> dict:
    """A bound field with label, hint, control and error; `reason` makes it read-only and says why."""
    widget = bound.field.widget
    group = isinstance(widget, GROUPS)
    single = isinstance(widget, forms.CheckboxInput)
    ids = []
    if bound.help_text:
        ids.append(f"{bound.auto_id}_hint")
    if reason:
        ids.append(f"{bound.auto_id}_why")
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    attrs = {"aria-describedby": " ".join(ids) or None}
    if not (group or single):
        attrs["class"] = " ".join(part for part in ("in", widget.attrs.get("class", ""), css) if part)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if reason:
        attrs["readonly"] = True
    if autofocus:
        attrs["autofocus"] = True
    attrs = {name: value for name, value in attrs.items() if value is not None}
    if isinstance(widget, forms.NumberInput):
        # a number field of the browser throws away what it cannot read, and the person could not see what is wrong
        attrs["inputmode"] = (
            "decimal" if isinstance(bound.field, (forms.FloatField, forms.DecimalField)) else "numeric"
        )
        control = bound.as_widget(forms.TextInput(), attrs=attrs)
    elif type(widget) is forms.Select:
        control = bound.as_widget(QuickSelect.of(widget), attrs=attrs)
    else:
        control = bound.as_widget(attrs=attrs)
    return {
        "field": bound,
        "control": control,
        "group": group,
        "single": single,
        "unit": unit,
        "reason": reason,
        "hidden": bound.is_hidden,
        # `wanted_later`: a draft is kept without it, but goes nowhere without it
        "wanted": bound.field.required
        or single
        or bool(reason)
        or getattr(bound.field, "wanted_later", False),
    }


@register.inclusion_tag("components/form_fields.html")
def form_fields(form, css: str = "") -> dict:
    """All fields of a form, one under the other; css 'two' makes two columns on a desk."""
    return {"form": form, "css": css}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form) -> dict:
    """Every error of a form (or of several, given as a list) with a link to its field; nothing when there is none."""
    rows = []
    for one in form if isinstance(form, (list, tuple)) else [form]:
        if not one.is_bound:
            continue
        rows += [("", "", text) for text in one.non_field_errors()]
        for bound in one:
            label = str(bound.label)
            # a service's sentence names its field already
            rows += [
                (bound.id_for_label or bound.auto_id, "" if text.startswith(label) else label, text)
                for text in bound.errors
            ]
    return {"rows": rows}


def query_url(request, /, **changes) -> str:
    """The address of this page with some conditions changed; None takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


@register.simple_tag(takes_context=True)
def th(context, label, sort: str = "", css: str = "", default: str = "") -> str:
    """A column's head; with `sort` a link that sorts by it (`?sort=name`, `?sort=-name`) and forgets the place.

    `default` is the order of the list when the address names none.
    """
    css = format_html(' class="{}"', css) if css else ""
    if not sort:
        return format_html('<th scope="col"{}>{}</th>', css, label)
    request = context["request"]
    now = request.GET.get("sort") or default
    state = {sort: "ascending", f"-{sort}": "descending"}.get(now, "")
    url = query_url(request, sort=f"-{sort}" if now == sort else sort, before=None, after=None)
    arrow = drawing("arrow-up" if state == "ascending" else "arrow-down", 14) if state else ""
    said = format_html(' aria-sort="{}"', state) if state else ""
    return format_html('<th scope="col"{}{}><a href="{}">{}{}</a></th>', css, said, url, label, arrow)


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context, page, unit: str = "", label: str = "") -> dict:
    """The foot of a list that is paged by key.

    `page` has: shown (rows here), total (or None), start (number of the first row, or None), before and after
    (the cursors, as text, or None).
    """
    request, start = context["request"], getattr(page, "start", None)
    link = {
        side: query_url(request, **{"before": None, "after": None, side: getattr(page, side)})
        if getattr(page, side, None)
        else ""
        for side in ("before", "after")
    }
    return {
        "shown": page.shown,
        "total": None if (total := getattr(page, "total", None)) is None else int(total),
        "stopped": getattr(total, "stopped", False),
        "start": start,
        "end": start + page.shown - 1 if start else None,
        "unit": unit or _("条"),
        "label": label,
        **link,
    }


def said(bound) -> str:
    """What a filled condition means in words."""
    value = bound.value()
    values = value if isinstance(value, (list, tuple)) else [value]
    choices = getattr(bound.field, "choices", None)
    if choices:
        names = {}
        for key, name in choices:
            names.update(
                {str(k): n for k, n in name} if isinstance(name, (list, tuple)) else {str(key): name}
            )
        values = [names.get(str(v), v) for v in values]
    if isinstance(bound.field, forms.BooleanField):
        return _("是")
    return _("、").join(str(v) for v in values)


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(
    context,
    form,
    total=None,
    unit: str = "",
    target: str = "",
    search: str = "q",
    label: str = "",
    export: str = "",
) -> dict:
    """Search, the conditions that apply as removable tokens, and the rest under 加条件.

    `form` is a GET form (or a FilterSet's .form); its field named by `search` is the search box. `target` is the
    CSS selector that htmx replaces; without it the page is loaded anew. The address is the state. `export`: key of the
    list as a spreadsheet.
    """
    request = context["request"]
    tokens, waiting, kept = [], [], []
    for bound in form:
        raw = [v for v in request.GET.getlist(bound.html_name) if v != ""]
        if bound.name == search:
            continue
        if raw:
            url = query_url(request, **{bound.html_name: None, "before": None, "after": None})
            tokens.append({"label": bound.label, "value": said(bound), "url": url})
            kept += [(bound.html_name, v) for v in raw]
        else:
            waiting.append(bound)
    names = {bound.html_name for bound in form}
    kept += [
        (n, v) for n in request.GET if n not in names | {"before", "after"} for v in request.GET.getlist(n)
    ]
    box = form[search] if search in form.fields else None
    hx = (
        {"hx-get": request.path, "hx-target": target, "hx-push-url": "true", "hx-select": target}
        if target
        else {}
    )
    return {
        "tokens": tokens,
        "waiting": waiting,
        "kept": kept,
        "box": box,
        "total": total,
        "unit": unit or _("家"),
        "label": label,
        "hx": attributes({k.replace("-", "_"): v for k, v in hx.items()}),
        "path": request.path,
        "export": export_button(context, export, size="sm") if export else "",
    }


@register.filter
def may_import(actor, key: str) -> bool:
    """Whether the person may bring the list in."""
    one = LISTS.incoming.get(key)
    return bool(one and actor and not actor.visiting and actor.may("list.import") and actor.may(one.right))


@register.simple_tag(takes_context=True)
def export_button(context, key: str, size: str = "", label: str = "", **about) -> str:
    """The list of this page as a spreadsheet, with the conditions in the address; who may see persons' data in full is
    asked whether to. `about`: what the page is about beyond them, a facility or a rule."""
    request, actor = context["request"], context.get("actor")
    one = LISTS.outgoing.get(key)
    if one is None or actor is None or not actor.may(one.right):
        return ""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in about.items():
        query[name] = str(value)
    if one.reveal and actor.may(one.reveal) and not actor.visiting:
        query["choose"] = "1"
    url = reverse("export", args=[actor.district.slug, key]) + (f"?{query.urlencode()}" if query else "")
    return button(label or _("导出 Excel"), icon="download", url=url, size=size)


@register.inclusion_tag("components/views.html")
def views(items, label: str = "") -> dict:
    """Saved searches above a list: dictionaries with label, url, count and current."""
    return {"items": items, "label": label or _("保存的查询")}


@register.inclusion_tag("components/three_answers.html")
def three_answers(name: str, value: str = "", label: str = "", **rest) -> dict:
    """符合, 不符合, 未查 as one radio group; keys 1 2 3 answer it while the focus is in its item."""
    words = (("ok", _("符合")), ("bad", _("不符合")), ("none", _("未查")))
    return {"name": name, "value": value, "label": label, "words": words, "attrs": attributes(rest)}
