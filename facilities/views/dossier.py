"""A facility's dossier: everything in order of time, by kind and period, and as PDF."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from facilities.forms.facilities import DayField, worded
from facilities.models import DossierPrint, Facility
from facilities.paging import decode, encode
from facilities.services import dossiers
from facilities.views.facilities import fetched
from portal.choices import in_language
from portal.dossier import KINDS, Wanted, kinds_of, leaf
from portal.errors import Refused
from portal.navigation import REGISTRY
from portal.views.files import file_response


class DossierForm(forms.Form):
    """What is shown; the address is its state."""

    kind = forms.ChoiceField(
        required=False, choices=[("", gettext_lazy("全部")), *in_language(KINDS.items())]
    )
    since = DayField(label=gettext_lazy("从"), required=False)
    until = DayField(label=gettext_lazy("到"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
        for name in ("since", "until"):
            self.fields[name].widget.attrs["class"] = "in"

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("不能早于开始的那一天"))
        return self.cleaned_data

    def values(self) -> dict:
        kind = self.cleaned_data.get("kind")
        return {
            "kinds": [kind] if kind else [],
            "since": self.cleaned_data.get("since"),
            "until": self.cleaned_data.get("until"),
        }


@require_GET
def dossier(request, district, pk):
    """One page of it; the next begins after the last event's place."""
    facility = fetched(request, pk)
    form = DossierForm(request.GET)
    form.is_valid()
    values = form.values()
    after = request.GET.get("after")
    place = tuple(decode(after, (date, int, int))) if after else None
    streams = REGISTRY.dossier()
    wanted = Wanted(frozenset(values["kinds"]), values["since"], values["until"])
    page = leaf(streams, facility, request.actor, wanted, after=place)
    days = {name: values[name].isoformat() for name in ("since", "until") if values[name]}
    kept = urlencode({"kind": kind, **days} if (kind := (values["kinds"] or [""])[0]) else days)
    return render(
        request,
        "facilities/dossier.html",
        {
            "facility": facility,
            "form": form,
            "events": page.events,
            "older": f"?{kept}{'&' if kept else ''}after={encode(list(page.after))}" if page.after else "",
            "newest": f"?{kept}" if place else "",
            "tabs": [
                {
                    "label": _(words),
                    "url": f"?{urlencode({'kind': key, **days} if key else days)}",
                    "count": None,
                    "current": key == (values["kinds"] or [""])[0],
                }
                for key, words in {"": "全部", **kinds_of(streams)}.items()  # content
            ],
            "problems": [f"{form[name].label}：{' '.join(texts)}" for name, texts in form.errors.items()],
            "may_print": not request.actor.visiting
            and Facility.objects.allowed(request.actor, "dossier.print").filter(pk=facility.pk).exists(),
            "kind": (values["kinds"] or [""])[0],
        },
    )


@require_POST
def dossier_print(request, district, pk):
    """Orders the PDF of what the page shows."""
    request.actor.demand("dossier.print")
    facility = fetched(request, pk, "dossier.print")
    form = DossierForm(request.POST)
    if not form.is_valid():
        name, sentences = next(iter(form.errors.items()))
        raise Refused(f"{form[name].label}：{' '.join(sentences)}", field=name, code="values")
    run = dossiers.order(facility, actor=request.actor, **form.values())
    return redirect("dossier-run", district, run.pk)


def run_of(request, pk: int) -> DossierPrint:
    request.actor.demand("dossier.print")
    return get_object_or_404(
        DossierPrint.objects.for_actor(request.actor).select_related("file", "facility"), pk=pk
    )


@require_GET
def dossier_run(request, district, pk):
    """A PDF that is being made, then the way to it."""
    run = run_of(request, pk)
    fragment = request.headers.get("HX-Target") == "dossier"
    return render(
        request,
        "facilities/dossier_body.html" if fragment else "facilities/dossier_run.html",
        {"run": run, "facility": run.facility, "problem": _(run.problem) if run.problem else ""},
    )


@require_GET
def dossier_file(request, district, pk):
    run = run_of(request, pk)
    if run.file is None:
        raise Http404
    return file_response(run.file)
