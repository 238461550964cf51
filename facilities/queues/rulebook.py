"""What the rulebook shows on pages of others: the operator's 'today', a file's events, a document's clauses, and what a
new value of a parameter would change."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.models import Facility, Rule
from facilities.rulebook import verdicts
from facilities.rulebook.base import BOOK
from facilities.rules.rulebook import MET, NOT_MET, UNKNOWN
from facilities.views.rulebook_rows import value_words
from portal.navigation import Effect, Resting, Rests, Waiting
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words

NAMED = 12
EVENTS = 40


def waiting(actor) -> list[Waiting]:
    """For an operator each own facility that does not meet a rule."""
    if Reach.FACILITIES not in actor.reaches("rule.view") or Reach.ALL in actor.reaches("rule.view"):
        return []
    on = timezone.localdate()
    only = list(Facility.objects.allowed(actor, "rule.view").values_list("pk", flat=True))
    if not only:
        return []
    lines = []
    for failing in verdicts.of_all(on, only=only, limit=NAMED):
        number = len(failing)
        lines.append(
            Waiting(
                title=ngettext("%(n)d 条规则不符合：%(name)s", "%(n)d 条规则不符合：%(name)s", number)
                % {"n": number, "name": failing[0].name},
                facts="、".join(_(each.test.label) for each in failing[:3]),
                url=reverse("facility-rules", args=[actor.district.slug, failing[0].facility_id]),
                verb=_("看怎么改"),
                state="bad",
                order=70,
            )
        )
    return lines


def resting(document, actor) -> list[Rests]:
    """Record rules that rest on the clauses of a document."""
    if not actor.may("rule.view"):
        return []

    def shown(clause, one):
        url, label = reverse("rule", args=[actor.district.slug, one["key"]]), BOOK.tests[one["key"]].label
        return [(clause, Resting(_("记录规则"), _(label), url))]

    rows = Rule.objects.filter(clause__document=document, key__in=list(BOOK.tests))
    return [Rests(rows.current(timezone.localdate()), {"key": "key"}, ("position", "starts_on"), shown)]


def effect(key: str, value, starts_on: date, actor) -> Effect | None:
    """Who would newly fail, and who would newly pass, by today's records."""
    on = timezone.localdate()
    changes = verdicts.tried(key, value, starts_on, on)
    if changes is None:
        return None

    def part(after: str, state: str, words: str) -> tuple:
        turned = [one for one in changes if one.after == after]
        rows = [
            (
                f"{one.code} {one.name}",
                f"{_(BOOK.tests[one.rule.key].label)}　{value_words(BOOK.tests[one.rule.key], one.value, one.of)}",
                reverse("facility-rules", args=[actor.district.slug, one.facility_id]),
            )
            for one in turned[:NAMED]
        ]
        if len(turned) > NAMED:
            words += _("，先列 %(n)d 家") % {"n": NAMED}
        return (words, state, len(turned), rows)

    def number(after: str) -> int:
        return sum(one.after == after for one in changes)

    parts = [
        part(
            NOT_MET,
            "bad" if number(NOT_MET) else "none",
            ngettext("会多 %(n)d 家次不符合", "会多 %(n)d 家次不符合", number(NOT_MET))
            % {"n": number(NOT_MET)},
        ),
        part(
            MET,
            "ok" if number(MET) else "none",
            ngettext("会多 %(n)d 家次符合", "会多 %(n)d 家次符合", number(MET)) % {"n": number(MET)},
        ),
    ]
    if number(UNKNOWN):
        words = ngettext("会多 %(n)d 家次判断不了", "会多 %(n)d 家次判断不了", number(UNKNOWN))
        parts.append(part(UNKNOWN, "none", words % {"n": number(UNKNOWN)}))
    return Effect(
        _("改了以后会怎样"),
        _("按今天的记录试算，从 %(day)s 起才算数；还没有存") % {"day": day_words(starts_on)},
        tuple(parts),
    )
