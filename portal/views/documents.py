"""Policy documents with all that rests on their clauses, and the district's parameters."""

from __future__ import annotations

from itertools import groupby

from django import forms
from django.db.models import Count, F, Min, Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from portal.errors import Refused
from portal.middleware import tell
from portal.models.policy import DocumentVersion, Parameter, PolicyDocument
from portal.navigation import REGISTRY
from portal.rules.parameters import group_of, group_order, show_value, words_for
from portal.services import known_parameters, parameters
from portal.templatetags.ui import day_words
from portal.views.forms import refuse, status_of


class ParameterForm(forms.Form):
    value = forms.CharField(label=gettext_lazy("新的取值"), max_length=200)
    starts_on = forms.DateField(
        label=gettext_lazy("从哪天起"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("起日：写成 2026-12-01 这样")},
    )
    basis = forms.CharField(
        label=gettext_lazy("依据"), max_length=200, help_text=gettext_lazy("文号和条款，或者谁在哪天定的")
    )
    checked = forms.BooleanField(label=gettext_lazy("依据已核对"), required=False)
    #: value and day whose effect was shown: another value shows its effect first
    seen = forms.CharField(required=False, max_length=260, widget=forms.HiddenInput)


@require_GET
def document_list(request, district):
    request.actor.demand("document.view")
    documents = (
        PolicyDocument.objects.allowed(request.actor, "document.view")
        .annotate(clause_count=Count("clauses", distinct=True), begins=Min("versions__starts_on"))
        .order_by(F("issued_on").desc(nulls_last=True), "key")
    )
    context = {
        "documents": documents,
        "on": timezone.localdate(),
        "may_draft": request.actor.may("document_draft.view"),
    }
    return render(request, "portal/documents.html", context)


def whole(rows: QuerySet) -> QuerySet:
    """With versions and clauses read at once, as `clauses_of` and what rests on a document need them."""
    versions = Prefetch("versions", DocumentVersion.objects.defer("content"))
    return rows.select_related("follows").prefetch_related(versions, "clauses")


def clauses_of(row: PolicyDocument, actor, on):
    """(the version of the day; the clauses with their words, what their copy lost, and what rests on them: those of the
    version, and others while something rests on them; what stands under no clause). `row` as `whole` reads it."""
    versions = list(row.versions.all())
    resting = REGISTRY.resting(row, actor)
    current = next((one for one in versions if one.starts_on <= on), versions[-1] if versions else None)
    texts = None
    if current is not None:
        texts = {one["label"]: one.get("text") for one in current.content["clauses"]}
    found = []
    for clause in row.clauses.all():
        on_it = resting.get(clause.pk, [])
        if texts is None or clause.label in texts or on_it:
            text = (texts or {}).get(clause.label, clause.text)
            found.append((clause, text, clause.note if text == clause.text else "", on_it))
    return current, found, resting.get(None, [])


@require_GET
def document(request, district, key):
    """One document: its facts, and clause by clause all that rests on it, in every app."""
    rows = whole(PolicyDocument.objects.allowed(request.actor, "document.view"))
    row = get_object_or_404(rows, key=key)
    on = timezone.localdate()
    current, clauses, loose = clauses_of(row, request.actor, on)
    return render(
        request,
        "portal/document.html",
        {
            "document": row,
            "clauses": clauses,
            "loose": loose,
            "over": row.period_to is not None and row.period_to < on and row.superseded_on is None,
            "versions": row.versions.all(),
            "current": current,
            "begun": current is not None and current.starts_on <= on,
            "successor": row.successors.first(),
            "may_manage": request.actor.may("document.manage")
            and not request.actor.visiting
            and row.superseded_on is None
            and row.origin != PolicyDocument.Origin.MINUTES,
        },
    )


def versions(actor, on) -> list[Parameter]:
    """The versions of parameters in force on the day and those to come, by group."""
    rows = Parameter.objects.allowed(actor, "document.view").select_related("clause__document")
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).order_by("key", "starts_on")
    return sorted(rows, key=lambda row: group_order(row.key))


def only_weak(query) -> bool:
    """Whether the address asks for those to be checked."""
    return query.get("view") == "weak"


@require_GET
def parameter_list(request, district):
    """The versions in force today and those to come, those to be checked first where asked for."""
    request.actor.demand("document.view")
    on = timezone.localdate()
    weak, lacking = only_weak(request.GET), request.GET.get("view") == "missing"
    rows, absent = versions(request.actor, on), known_parameters.missing()
    counts = {"all": len({r.key for r in rows}), "weak": sum(r.weak for r in rows)}
    shown = [
        {"row": row, "value": show_value(row.value, row.key), "future": row.starts_on > on}
        for row in rows
        if row.weak or not weak
    ]
    return render(
        request,
        "portal/parameters.html",
        {
            "groups": [(_(name), list(of)) for name, of in groupby(shown, lambda o: group_of(o["row"].key))],
            "counts": counts,
            "missing": [(one, group_of(one.key)) for one in absent] if lacking else None,
            "views": [
                {"label": _("全部"), "url": "?", "count": counts["all"], "current": not (weak or lacking)},
                {"label": _("待核对"), "url": "?view=weak", "count": counts["weak"], "current": weak},
                {"label": _("还没有取值"), "url": "?view=missing", "count": len(absent), "current": lacking},
            ],
        },
    )


@require_http_methods(["GET", "POST"])
def parameter(request, district, key):
    """The versions of one parameter; the bureau adds one from a day on."""
    request.actor.demand("document.view")
    versions = Parameter.objects.allowed(request.actor, "document.view").filter(key=key)
    versions = list(versions.select_related("clause__document").order_by("-starts_on"))
    last = versions[0] if versions else known_parameters.known(key, request.district)
    if last is None:
        raise Http404
    on = timezone.localdate()
    initial = {"value": show_value(last.value, key)} if versions else {}
    form = ParameterForm(request.POST if request.method == "POST" else None, initial=initial)
    if not versions:
        form.fields["value"].label = _("取值")
        form.fields["value"].help_text = _("写法：%(words)s") % {"words": words_for(key, last.like)}
    effects = []
    if request.method == "POST":
        request.actor.demand("parameter.manage")
        if form.is_valid():
            given = form.cleaned_data
            about = {
                "starts_on": given["starts_on"],
                "basis": given["basis"],
                "on": on,
                "actor": request.actor,
            }
            mark = f"{given['starts_on'].isoformat()} {given['value']}"
            changed = None
            try:
                value, _last = parameters.change_possible(key, given["value"], **about)
                if given["seen"] != mark:
                    effects = REGISTRY.effects_of(key, value, given["starts_on"], request.actor)
                if not effects:
                    changed = parameters.change_parameter(
                        key, given["value"], checked=given["checked"], **about
                    )
            except Refused as refused:
                refuse(form, refused)
            if effects:
                form.data = form.data.copy()
                form.data["seen"] = mark
            if changed:
                tell(
                    request,
                    _("%(label)s：从 %(day)s 起按新的取值")
                    % {"label": changed.label, "day": day_words(changed.starts_on)},
                )
                return redirect("parameter", district, key)
    return render(
        request,
        "portal/parameter.html",
        {
            "parameter": last,
            "versions": [
                {
                    "row": v,
                    "value": show_value(v.value, key),
                    "now": v.starts_on <= on and (v.ends_on is None or v.ends_on >= on),
                    "future": v.starts_on > on,
                }
                for v in versions
            ],
            "form": form,
            "effects": effects,
            "may_manage": request.actor.may("parameter.manage") and not request.actor.visiting,
        },
        status=status_of(form),
    )
