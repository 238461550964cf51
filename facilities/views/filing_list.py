"""The list of filings, and the page on which one is begun."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.filing_page import SHAPES
from facilities.forms.filings import NewFilingForm, RevocationForm
from facilities.models import Facility, Filing
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.rules import filing_form
from facilities.rules.filings import TABS, tab_of
from facilities.services import filings as services
from portal import calendar
from portal.views.forms import accepted, status_of


@require_GET
def filing_list(request, district):
    """Everybody's filings that the reader may see, by where they stand; an operator begins one here."""
    request.actor.demand("filing.view")
    tab = tab_of(request.GET.get("state", ""))
    rows = Filing.objects.allowed(request.actor, "filing.view")
    on = timezone.localdate()
    found = counts([rows.filter(state__in=states) for _key, _words, states in TABS])
    page = paged(
        rows.filter(state__in=tab[2]).select_related("street").annotate(listing=listing("facility")),
        {"begun": (("pk", int),)},
        request.GET,
        default="-begun",
        total=found[TABS.index(tab)],
    )
    for row in page.rows:
        row.shape = SHAPES[row.state]
        row.left = calendar.working_days_between(on, row.clock_due) if row.clock_due else None
    return render(
        request,
        "facilities/filings.html",
        {
            "rows": page.rows,
            "page": page,
            "tabs": [
                {"label": _(words), "url": f"?state={key}", "count": found[n], "current": key == tab[0]}
                for n, (key, words, _states) in enumerate(TABS)
            ],
            "may_start": may_start(request.actor),
            "files": request.actor.may("filing.keep"),
            "reviews": request.actor.may("applicant.view"),
        },
    )


def may_start(actor) -> bool:
    return not actor.visiting and (actor.may("filing.keep") or actor.may("filing.review"))


def given(request):
    return request.POST if request.method == "POST" else None


def begin_form(request) -> NewFilingForm:
    own = Facility.objects.allowed(request.actor, "facility.keep").exclude(state__in=("preparing", "closed"))
    kinds = (
        [k for k in filing_form.KINDS if k != filing_form.REVOCATION] if own.exists() else [filing_form.NEW]
    )
    initial = {
        "facility": request.GET.get("facility"),
        "kind": request.GET.get("kind") or filing_form.NEW,
    }
    return NewFilingForm(given(request), kinds=kinds, facilities=own, initial=initial)


def revocation_form(request) -> RevocationForm:
    """A code, not a list: a district has thousands of facilities. The facility's own page leads here with its."""
    rows = Facility.objects.allowed(request.actor, "facility.view")
    asked = request.GET.get("facility", "")
    code = ""
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        code = rows.filter(pk=asked).values_list("code", flat=True).first() or ""
    return RevocationForm(given(request), facilities=rows, initial={"facility": code})


@require_http_methods(["GET", "POST"])
def filing_new(request, district):
    """An operator begins any kind of filing, the district a revocation."""
    actor = request.actor
    if not actor.may("filing.keep"):
        actor.demand("filing.review")
    owns = actor.may("filing.keep")
    form = begin_form(request) if owns else revocation_form(request)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.start_filing(
                form.cleaned_data.get("kind", filing_form.REVOCATION),
                actor=actor,
                facility=form.cleaned_data.get("facility"),
            ),
        )
        if made:
            return redirect("filing", district, made.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("办备案") if owns else _("撤回备案"),
            "notice": "" if owns else _("先写事实、依据和证据，送达机构，听取陈述申辩，再由单位负责人决定。"),
            "over": _("备案"),
            "back": reverse("filings", args=[district]),
            "action": reverse("filing-new", args=[district]),
            "verb": _("开始填"),
            "leave": _("先不办"),
        },
        status=status_of(form),
    )
