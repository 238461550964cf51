"""Agreement of inspectors: the figures by item, list and pair of people, the rows behind; the second inspector's page."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from inspections.forms.agreement import AgainForm
from inspections.models import Inspector, SecondAnswer
from inspections.rules.states import ANSWERS
from inspections.services import agreement as services
from inspections.views.answers import loggable
from portal.middleware import tell
from portal.views.forms import accepted, status_of


def year_of(query) -> int | None:
    text = query.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def of_what(query) -> str:
    wanted = query.get("of", "")
    return wanted if wanted in services.OF else services.OF[0]


def names_shown(actor) -> dict[str, str]:
    """Inspectors' names by their codes, for who keeps their register; nobody else reads a name here."""
    if not actor.may("inspector.manage"):
        return {}
    return dict(Inspector.objects.values_list("code", "name"))


def people_words(people: tuple[str, str], names: dict[str, str]) -> str:
    return _("、").join(f"{code} {names[code]}" if code in names else code for code in people)


def label_of(line: services.Line, of: str, names: dict[str, str]) -> str:
    if of == "people":
        return people_words(line.pairs[0].people, names)
    return line.item.version.checklist.name if of == "lists" else line.item.text


def shown_lines(pairs: list[services.Pair], of: str, actor, limit: tuple[float, float]) -> list[dict]:
    names = names_shown(actor) if of == "people" else {}
    return [
        {
            "line": one,
            "label": label_of(one, of, names),
            "word": word_of(one),
            "shape": shape_of(one),
            "key": f"{of}~{one.key}",
        }
        for one in services.lines(pairs, of, limit)
    ]


def agreement_lines(actor, query, on) -> list[dict]:
    """One line a heading, as page and file show it."""
    return shown_lines(services.pairs(actor, year_of(query)), of_what(query), actor, services.limits(on))


def word_of(line: services.Line) -> str:
    if line.few:
        return _("太少，还看不出")
    if line.found.kappa is None:
        return _("两人总是同一个答案")
    return _("要改措辞或一起练") if line.low else _("够一致")


def shape_of(line: services.Line) -> str:
    return "none" if line.few or line.found.kappa is None else "warn" if line.low else "ok"


@require_GET
def agreement(request, district):
    """By item, list or pair; which items to word better."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("agreement.view")
    of, year = of_what(request.GET), year_of(request.GET)
    pairs = services.pairs(actor, year)
    limit = services.limits(on)
    lines = shown_lines(pairs, of, actor, limit)
    words = {"items": _("检查项"), "lists": _("检查表"), "people": _("两名检查人员")}
    keep = f"&year={year}" if year else ""
    tabs = [
        {"label": words[one], "url": f"?of={one}{keep}", "count": None, "current": one == of}
        for one in services.OF
    ]
    years = sorted({one.visit.finished_on.year for one in pairs} | ({year} if year else set()), reverse=True)
    low = [one for one in services.lines(pairs, "items", limit) if one.low]
    context = {
        "tabs": tabs,
        "of": of,
        "heading": words[of],
        "lines": lines,
        "whole": services.whole(pairs),
        "low": low,
        "least": limit[0],
        "limit": limit[1],
        "year": year,
        "years": years,
    }
    return render(request, "inspections/agreement.html", context)


def row_lines(actor, text: str, query) -> tuple[str, list[services.Pair]]:
    """By what, and the pairs under one heading of the page before, `items~video-retention`; Http404 where there is
    none."""
    of, _sign, key = text.partition("~")
    found = [
        one
        for one in services.pairs(actor, year_of(query))
        if of in services.OF and services.key_of(one, of) == key
    ]
    if not found:
        raise Http404
    return of, found


def shown_rows(found: list[services.Pair], names: dict[str, str]) -> list[dict]:
    origins = dict(SecondAnswer.Origin.choices)
    return [
        {
            "pair": one,
            "people": people_words((one.first_by.code, one.again_by.code), names),
            "first": _(ANSWERS[one.first]),
            "again": _(ANSWERS[one.again]),
            "origin": origins[one.origin],
        }
        for one in found
    ]


@require_GET
def agreement_rows(request, district, key):
    """Each pair with its visit."""
    actor = request.actor
    actor.demand("agreement.view")
    of, found = row_lines(actor, key, request.GET)
    names = names_shown(actor)
    context = {
        "of": of,
        "key": key,
        "title": label_of(services.Line("", found, None, False, False), of, names),
        "rows": shown_rows(found, names),
        "same": sum(one.same for one in found),
        "back": f"?of={of}",
    }
    return render(request, "inspections/agreement_rows.html", context)


@require_http_methods(["GET", "POST"])
def inspection_again(request, district, pk):
    """The second inspector's own answers to the drawn items, without the first's."""
    request.actor.demand("agreement.answer")
    inspection = loggable(request, pk)
    draw = services.draw_of(inspection)
    if not services.is_second(draw, request.actor):
        raise Http404
    if inspection.state != "under_way" and request.method == "GET":
        return redirect("inspection", district, pk)
    items = services.open_items(inspection, draw)
    form = AgainForm(request.POST if request.method == "POST" else None, items=items)
    if request.method == "POST":
        made = accepted(form, lambda: services.answer_again(inspection, form.given(), actor=request.actor))
        if made:
            tell(request, ngettext("双评判了 %(n)d 项", "双评判了 %(n)d 项", len(made)) % {"n": len(made)})
            left = services.open_items(inspection, draw)
            return redirect("inspection-again" if left else "inspection", district, pk)
    context = {"inspection": inspection, "form": form, "items": items, "drawn": len(draw.keys)}
    return render(request, "inspections/inspection_again.html", context, status=status_of(form))
