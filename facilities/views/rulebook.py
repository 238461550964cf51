"""Pages of the rulebook: the rules, one rule, streets, one street, one facility; and the card of 'today'."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import credit
from facilities.rulebook import verdicts
from facilities.rulebook.base import BOOK
from facilities.rulebook.verdicts import Counts
from facilities.rules.rulebook import ELSEWHERE, MET, NOT_MET, SUBJECTS, UNKNOWN, WORDS
from facilities.services.rulebook_reference import elsewhere
from facilities.views.facilities import fetched
from facilities.views.rulebook_rows import kinds_words, limit_words, row
from portal.models.places import Street
from portal.models.policy import Parameter, PolicyRule
from portal.rules.parameters import show_value

SIZE = 50
EARLIEST = date(2000, 1, 1)
WORST = 20


def day_of(query, today: date) -> tuple[date, bool]:
    """The day of the address (`on`), today without one; and whether it could not be read or has not come yet."""
    text = query.get("on", "").strip()
    if not text:
        return today, False
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today, True
    return (day, False) if EARLIEST <= day <= today else (today, True)


def frame(request) -> dict:
    """What every page of the rulebook shows: its day."""
    today = timezone.localdate()
    on, wrong = day_of(request.GET, today)
    return {
        "on": on,
        "past": on != today,
        "wrong_day": wrong,
        "day_query": f"?on={on.isoformat()}" if on != today else "",
    }


def line(rule, counts: Counts, slug: str, values: dict) -> dict:
    test = BOOK.tests[rule.key]
    # the number itself, not one from which each facility's limit follows
    asked = next((key for name, key in test.parameters.items() if test.limit == f"%({name})s::numeric"), "")
    return {
        "rule": rule,
        "label": _(test.label),
        "url": reverse("rule", args=[slug, rule.key]),
        "kinds": kinds_words(rule.kinds),
        "counts": counts,
        "share": counts.share,
        "limit": limit_words(test, values[asked]) if values.get(asked) is not None else "",
        "weak": rule.weak,
    }


def rule_lines(actor, on: date) -> list[dict]:
    """All rules in force on the day with their counts within the actor's reach, in the order of the page."""
    found = verdicts.rules(on)
    totals = verdicts.summed(verdicts.counted(found, on, only=verdicts.reach(actor)))
    keys = {key for rule in found for key in BOOK.tests[rule.key].parameters.values()}
    values = dict(Parameter.objects.filter(key__in=keys).current(on).values_list("key", "value"))
    lines = [line(rule, totals.get(rule.key, Counts()), actor.district.slug, values) for rule in found]
    order = list(SUBJECTS)
    return sorted(lines, key=lambda one: (order.index(one["rule"].subject), one["rule"].position))


def by_view(lines: list[dict]) -> dict[str, list[dict]]:
    """The rules that each tab above the list shows."""
    return {
        "": lines,
        "failed": [one for one in lines if one["counts"].not_met],
        "unknown": [one for one in lines if one["counts"].unknown],
        "weak": [one for one in lines if one["weak"]],
    }


@require_GET
def rulebook(request, district):
    """All rules in force on a day, with who meets them."""
    request.actor.demand("rule.view")
    about = frame(request)
    on = about["on"]
    lines = rule_lines(request.actor, on)
    show = request.GET.get("view", "")
    wanted = by_view(lines)
    shown = wanted.get(show, lines)
    extra = f"&on={on.isoformat()}" if about["past"] else ""
    words = {"": _("全部"), "failed": _("有不符合"), "unknown": _("有缺记录"), "weak": _("待核对")}
    whole = sum((one["counts"] for one in lines), Counts())
    return render(
        request,
        "facilities/rulebook.html",
        about
        | {
            "groups": [
                (_(SUBJECTS[subject]), list(of))
                for subject, of in groupby(shown, lambda one: one["rule"].subject)
            ],
            "views": [
                {
                    "label": words[key],
                    "url": f"?view={key}{extra}" if key else f"?{extra[1:]}",
                    "count": len(rows),
                    "current": key == (show if show in wanted else ""),
                }
                for key, rows in wanted.items()
            ],
            "whole": whole,
            "share": whole.share,
            "elsewhere": without_record(district) if not show else [],
        },
    )


def without_record(slug: str) -> list[dict]:
    """Rules of the district's document that records cannot answer, and why, by reason."""
    reasons = elsewhere(slug)
    stated = PolicyRule.objects.filter(document__key=slug, key__in=reasons).select_related("clause__document")
    by_reason: dict[str, list] = {}
    for rule in stated.order_by("position"):
        by_reason.setdefault(reasons[rule.key], []).append(rule)
    return [{"why": _(ELSEWHERE[why]), "rules": by_reason[why]} for why in ELSEWHERE if why in by_reason]


def verdict_of(query, totals: Counts) -> str:
    """The verdict that the address asks for; without one what there is to mend."""
    show = query.get("verdict")
    if show in WORDS:
        return show
    return NOT_MET if totals.not_met or not totals.unknown else UNKNOWN


@require_GET
def rule(request, district, key):
    """One rule: what it says, by which clause and parameter, and who does not meet it."""
    request.actor.demand("rule.view")
    about = frame(request)
    on = about["on"]
    found = verdicts.rules(on, key)
    if not found:
        raise Http404
    one = found[0]
    test = BOOK.tests[one.key]
    only = verdicts.reach(request.actor)
    streets = {street.pk: street for street in Street.objects.only("id", "name")}
    street = streets.get(number(request.GET.get("street")))
    base = verdicts.known(on)
    counted = verdicts.counted(found, on, only=only, base=base)
    here = counted if street is None else {street.pk: counted.get(street.pk, {})}
    totals = verdicts.summed(here).get(one.key, Counts())
    show = verdict_of(request.GET, totals)
    after, before = request.GET.get("after", "")[:12], request.GET.get("before", "")[:12]
    rows = verdicts.of_rule(
        one,
        on,
        verdict=show,
        only=only,
        streets=None if street is None else [street.pk],
        after=after,
        before=before,
        limit=SIZE + 1,
        base=base,
    )
    backwards = bool(before) and not after
    more = len(rows) > SIZE
    rows = (rows[1:] if backwards else rows[:SIZE]) if more else rows
    kept = "".join(
        f"&{name}={value}"
        for name, value in (
            ("street", street.pk if street else ""),
            ("on", on.isoformat() if about["past"] else ""),
        )
        if value
    )
    pager = {
        "before": f"?verdict={show}{kept}&before={rows[0].code}"
        if rows and (more if backwards else after)
        else "",
        "after": f"?verdict={show}{kept}&after={rows[-1].code}" if rows and (more or backwards) else "",
    }
    keys = sorted(BOOK.keys_of(test))
    versions = [version for version in base.in_force(on) if version.key in keys]
    return render(
        request,
        "facilities/rule.html",
        about
        | {
            "rule": one,
            "label": _(test.label),
            "subject": _(SUBJECTS[one.subject]),
            "kinds": kinds_words(one.kinds),
            "mend": _(test.mend),
            "counts": totals,
            "share": totals.share,
            "rows": [
                row(found, district, on) | {"street": streets[found.street_id].name, "listing": found.listing}
                for found in rows
            ],
            "show": show,
            "tabs": [
                {
                    "label": _(WORDS[verdict]),
                    "url": f"?verdict={verdict}{kept}",
                    "count": getattr(totals, verdict),
                    "current": verdict == show,
                }
                for verdict in (NOT_MET, UNKNOWN, MET)
            ],
            "street": street,
            "streets": sorted(
                (
                    {
                        "name": streets[pk].name,
                        "counts": by_rule[one.key],
                        "share": by_rule[one.key].share,
                        "url": f"?street={pk}&verdict={NOT_MET}"
                        + (f"&on={on.isoformat()}" if about["past"] else ""),
                    }
                    for pk, by_rule in counted.items()
                    if one.key in by_rule
                ),
                key=lambda place: (place["share"], place["name"]),
            ),
            "pager": pager,
            "parameters": [
                {"row": version, "value": show_value(version.value, version.key)} for version in versions
            ],
            "may_parameters": request.actor.may("document.view"),
        },
    )


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def street_lines(actor, on: date) -> list[dict]:
    """The streets within the actor's reach, the worst first, each with the rule that is failed most."""
    counted = verdicts.counted(verdicts.rules(on), on, only=verdicts.reach(actor))
    names = dict(Street.objects.values_list("pk", "name"))
    rows = []
    for pk, by_rule in counted.items():
        counts = sum(by_rule.values(), Counts())
        worst = max(by_rule, key=lambda key: by_rule[key].not_met)
        rows.append(
            {
                "pk": pk,
                "name": names[pk],
                "counts": counts,
                "share": counts.share,
                "worst": _(BOOK.tests[worst].label) if by_rule[worst].not_met else "",
                "worst_count": by_rule[worst].not_met,
            }
        )
    return sorted(rows, key=lambda one: (one["share"], one["name"]))


@require_GET
def streets(request, district):
    """The streets, by the share of verdicts that are met."""
    request.actor.demand("rule.view")
    about = frame(request)
    on = about["on"]
    rows = street_lines(request.actor, on)
    for one in rows:
        one["url"] = reverse("rulebook-street", args=[district, one["pk"]]) + about["day_query"]
    whole = sum((one["counts"] for one in rows), Counts())
    return render(
        request,
        "facilities/rulebook_streets.html",
        about | {"rows": rows, "whole": whole, "share": whole.share},
    )


def street_rules(actor, place: Street | None, found: list, base: verdicts.Known) -> list[dict]:
    """The rules that bind a street's facilities with their counts, most that is not met first; 404 out of reach."""
    only = verdicts.reach(actor)
    by_rule = {}
    if place is not None:
        by_rule = verdicts.counted(found, base.on, only=only, streets=[place.pk], base=base).get(place.pk, {})
    if place is None or (only is not None and not by_rule):
        raise Http404
    lines = [line(rule, by_rule[rule.key], actor.district.slug, {}) for rule in found if rule.key in by_rule]
    return sorted(
        lines, key=lambda one: (-one["counts"].not_met, -one["counts"].unknown, one["rule"].position)
    )


@require_GET
def street(request, district, pk):
    """One street: rules with counts, and its facilities with most that is not met."""
    request.actor.demand("rule.view")
    about = frame(request)
    on = about["on"]
    place = Street.objects.filter(pk=pk).first()
    found, base = verdicts.rules(on), verdicts.known(on)
    lines = street_rules(request.actor, place, found, base)
    for one in lines:
        one["url"] += f"?street={pk}" + about["day_query"].replace("?", "&")
    whole = sum((one["counts"] for one in lines), Counts())
    only = verdicts.reach(request.actor)
    worst = verdicts.worst(found, on, only=only, streets=[pk], limit=WORST, base=base)
    listings = credit.listings(one.facility_id for one in worst)
    return render(
        request,
        "facilities/rulebook_street.html",
        about
        | {
            "street": place,
            "lines": lines,
            "whole": whole,
            "share": whole.share,
            "worst": [
                {
                    "standing": one,
                    "url": reverse("facility-rules", args=[district, one.facility_id]) + about["day_query"],
                    "listing": listings.get(one.facility_id),
                }
                for one in worst
            ],
        },
    )


@require_GET
def facility_rules(request, district, pk):
    """One facility: what is not met and since when, what would mend it; what cannot be judged; what is met."""
    facility = fetched(request, pk, "rule.view")
    about = frame(request)
    on = about["on"]
    found = verdicts.of_facility(facility.pk, on)
    rows, counts = [row(one, district, on) for one in found], verdicts.counts_of(found)
    keeps = type(facility).objects.allowed(request.actor, "facility.keep").filter(pk=pk).exists()
    for one in rows:
        may = request.actor.may(one["found"].test.right) if one["found"].test.link == "staff" else keeps
        if one["found"].test.link == "facility" or not may or about["past"]:
            one["mend_url"] = ""
    return render(
        request,
        "facilities/facility_rules.html",
        about
        | {
            "facility": facility,
            "groups": [
                (_(WORDS[verdict]), verdict, [one for one in rows if one["found"].verdict == verdict])
                for verdict in (NOT_MET, UNKNOWN, MET)
            ],
            "rows": rows,
            "counts": counts,
            "share": counts.share,
        },
    )


@require_GET
def card(request, district):
    """On 'today': the share of verdicts that are met, and the rules with most facilities that do not meet them."""
    request.actor.demand("rule.view")
    on = timezone.localdate()
    found = verdicts.rules(on)
    totals = verdicts.summed(verdicts.counted(found, on, only=verdicts.reach(request.actor)))
    whole = sum(totals.values(), Counts())
    lines = [line(rule, totals[rule.key], district, {}) for rule in found if rule.key in totals]
    lines.sort(key=lambda one: (-one["counts"].not_met, one["rule"].position))
    return render(
        request,
        "facilities/card_rulebook.html",
        {"whole": whole, "share": whole.share, "lines": [one for one in lines if one["counts"].not_met][:5]},
    )
