"""How verdicts are said: value, limit, since when, what would mend it."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.rulebook import verdicts
from facilities.rulebook.base import Test
from facilities.rulebook.verdicts import Found
from facilities.rules.rulebook import MET, NOT_MET, SHAPES, WORDS, first_words
from portal.templatetags.ui import day_words


def value_words(test: Test, value, of) -> str:
    """`2.7 平方米`, `12 / 14 人`, `是`, `3月18日`; what is not on record says so."""
    if test.form in ("people", "hours"):
        return _("没有登记") if of is None else _("%(n)s / %(of)s 人") % {"n": value or 0, "of": of}
    if value is None or value == "":
        return _("没有登记")
    if test.form == "yes":
        return _("是") if value else _("否")
    if test.form == "day":
        return day_words(value)
    if test.form == "text":
        return str(value)
    return first_words(value, _(test.unit) if test.unit else "")


def limit_words(test: Test, limit) -> str:
    """`≥ 3 平方米`, `100%`, `每人 72 课时`, `不早于 3月18日`; `—` where nothing is asked by number."""
    if test.form == "yes":
        return _("是")
    if test.form == "text":
        return _("有登记") if test.key != "baby-house-name" else _("某某街道（镇、社区）宝宝屋")
    if limit is None:
        return "—"
    if test.form == "day":
        return _("不早于 %(day)s") % {"day": day_words(limit)}
    if test.form == "people":
        return f"{first_words(limit)}%"
    if test.form == "hours":
        return _("每人 %(n)s 课时") % {"n": first_words(limit)}
    return f"{test.sign} {first_words(limit, _(test.unit) if test.unit else '')}"


def since_words(since: date | None, at_least: bool, on: date) -> str:
    if since is None:
        return _("还没有核对过")
    words = _("%(day)s 以前") if at_least else _("%(day)s 起")
    return words % {"day": day_words(since, on)}


def kinds_words(kinds) -> str:
    names = dict(Facility.Kind.choices)
    return "、".join(str(names[kind]) for kind in kinds if kind in names)


def row(found: Found, slug: str, on: date) -> dict:
    """A verdict for a template."""
    test = found.test
    return {
        "found": found,
        "key": test.key,
        "label": _(test.label),
        "url": reverse("rule", args=[slug, test.key]),
        "shape": SHAPES[found.verdict],
        "word": _(WORDS[found.verdict]),
        "value": value_words(test, found.value, found.of),
        "limit": limit_words(test, found.limit),
        "since": "" if found.verdict == MET else since_words(found.since, found.at_least, on),
        "mend": "" if found.verdict == MET else _(test.mend if found.verdict == NOT_MET else test.enter),
        "mend_url": mend_url(test, found, slug),
        "rule": found.rule,
        "facility_url": reverse("facility-rules", args=[slug, found.facility_id]),
    }


def mend_url(test: Test, found: Found, slug: str) -> str:
    if test.link == "staff":
        return reverse("staff", args=[slug]) + f"?facility={found.code}"
    return reverse(test.link, args=[slug, found.facility_id])


def rules_of(request, district: str, facility: Facility, on: date) -> dict:
    """What the file shows of the rulebook: how many rules, and those that are not met."""
    if not request.actor.may("rule.view"):
        return {}
    found = verdicts.of_facility(facility.pk, on)
    if not found:
        return {}
    return {
        "counts": verdicts.counts_of(found),
        "failing": [row(one, district, on) for one in found if one.verdict == NOT_MET],
    }
