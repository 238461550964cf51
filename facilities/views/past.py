"""A facility's file as it was known on a past day, and what differs between two days."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from facilities import differences, past
from facilities.forms.facilities import DayField
from facilities.rules.states import FACILITY
from facilities.views.facilities import fetched
from facilities.views.rows import SHAPES


class PastForm(forms.Form):
    day = DayField(label=gettext_lazy("哪一天"))


class ChangesForm(forms.Form):
    start = DayField(label=gettext_lazy("从"), required=False)
    end = DayField(label=gettext_lazy("到"), required=False)


def day_of(form: forms.Form, name: str, otherwise: date) -> date:
    """The day that was asked for, not after today; another one where what was sent is none."""
    found = form.cleaned_data.get(name) if form.is_bound and form.is_valid() else None
    return min(found or otherwise, timezone.localdate())


@require_GET
def facility_as_of(request, district, pk):
    """The file at the end of a day, from the history of the database."""
    facility = fetched(request, pk)
    today = timezone.localdate()
    form = PastForm(request.GET if "day" in request.GET else None, initial={"day": today})
    form.is_valid()
    day = day_of(form, "day", today)
    file = past.file_on(facility.pk, day, rights=past.rights_of(request.actor, facility))
    state = file.facility["state"] if file.facility else ""
    return render(
        request,
        "facilities/as_of.html",
        {
            "facility": facility,
            "form": PastForm(initial={"day": day}),
            "problem": " ".join(form.errors.get("day", [])) if form.is_bound else "",
            "day": day,
            "file": file,
            "shape": SHAPES.get(state, "none"),
            "state": _(FACILITY.states[state]) if state else "",
            "since": None if file.facility else past.first_known(facility.pk),
            "later": [
                {**row, "words": f"{_(FACILITY.states[row['source']])} → {_(FACILITY.states[row['target']])}"}
                for row in past.later_entered(facility.pk, day)
            ],
            "sections": sections(file),
        },
    )


def sections(file: past.File) -> list[dict]:
    """The file's tables in words: heading, rows of name and facts."""
    found = []
    for key, rows in file.rows.items():
        noun = past.BY_KEY[key]
        if rows:
            found.append(
                {
                    "key": key,
                    "label": _(noun.label),
                    "count": len(rows),
                    "rows": [
                        {
                            "name": noun.name(row),
                            "facts": [(w, v) for w, _b, v in differences.facts(noun, row)],
                        }
                        for row in rows
                    ],
                }
            )
    return found


@require_GET
def facility_changes(request, district, pk):
    """What a reader of the file finds otherwise at the end of one day than of another."""
    facility = fetched(request, pk)
    today = timezone.localdate()
    form = ChangesForm(request.GET if {"start", "end"} & request.GET.keys() else None)
    form.is_valid()
    end = day_of(form, "end", today)
    start = day_of(form, "start", today - timedelta(365))
    if start > end:
        start, end = end, start
    rights = past.rights_of(request.actor, facility)
    before = past.file_on(facility.pk, start, rights=rights)
    after = past.file_on(facility.pk, end, rights=rights)
    if before.facility is None and after.facility is None and past.first_known(facility.pk) is None:
        raise Http404
    changes = differences.differences(before, after)
    names = differences.authors(changes)
    groups = []
    for key in after.rows:
        own = [change for change in changes if change.noun == key]
        if own:
            rows = [{"change": change, "who": differences.author(change, names)} for change in own]
            groups.append({"label": _(past.BY_KEY[key].label), "rows": rows})
    return render(
        request,
        "facilities/changes.html",
        {
            "facility": facility,
            "form": ChangesForm(initial={"start": start, "end": end}),
            "problem": " ".join(" ".join(e) for e in form.errors.values()) if form.is_bound else "",
            "start": start,
            "end": end,
            "groups": groups,
            "unknown": before.facility is None,
            "kinds": {"added": _("新增"), "removed": _("没有了"), "changed": _("改过")},
        },
    )
