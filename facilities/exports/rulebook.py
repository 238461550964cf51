"""Verdicts of the rulebook as spreadsheets: rules, one rule's facilities, streets, one facility, all that is not met.

Each on the day of the page's address (`on`), within the reader's reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404
from django.utils.translation import gettext as _

from facilities.exports.sheet import facility_of, number
from facilities.rulebook import verdicts
from facilities.rules.rulebook import MET, NOT_MET, SUBJECTS, UNKNOWN, WORDS
from facilities.views import rulebook as views
from facilities.views.rulebook_rows import limit_words, since_words, value_words
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

CHUNK = 1000
COUNTS = (
    OutColumn(marked("不符合"), 10),
    OutColumn(marked("缺记录"), 10),
    OutColumn(marked("符合"), 10),
    OutColumn(marked("符合的占比 %"), 12),
)


def counts(one: verdicts.Counts) -> tuple:
    return one.not_met, one.unknown, one.met, None if one.share is None else round(one.share, 1)


def source(rule) -> str:
    """The clause, or the basis where no document of the district says it."""
    return f"{rule.clause.document.number} {rule.clause.label}" if rule.clause else rule.basis


RULE_COLUMNS = (
    OutColumn(marked("方面"), 12),
    OutColumn(marked("规则"), 30),
    OutColumn(marked("要求"), 16),
    OutColumn(marked("约束谁"), 40),
    OutColumn(marked("依据"), 36),
    OutColumn(marked("待核对"), 8),
    *COUNTS,
)


def rules(asked: Asked) -> Rows:
    on, _wrong = views.day_of(asked.query, asked.on)
    lines = views.rule_lines(asked.actor, on)
    lines = views.by_view(lines).get(asked.query.get("view", ""), lines)

    def rows() -> Iterator[tuple]:
        for one in lines:
            rule = one["rule"]
            yield (
                _(SUBJECTS[rule.subject]),
                one["label"],
                one["limit"],
                one["kinds"],
                source(rule),
                one["weak"],
                *counts(one["counts"]),
            )

    return Rows(len(lines), rows())


STREET_COLUMNS = (
    OutColumn(marked("街镇"), 14),
    *COUNTS,
    OutColumn(marked("不符合最多的规则"), 30),
    OutColumn(marked("家数"), 8),
)


def streets(asked: Asked) -> Rows:
    on, _wrong = views.day_of(asked.query, asked.on)
    lines = views.street_lines(asked.actor, on)
    return Rows(
        len(lines),
        ((one["name"], *counts(one["counts"]), one["worst"], one["worst_count"] or None) for one in lines),
    )


STREET_RULE_COLUMNS = (OutColumn(marked("规则"), 30), *COUNTS)


def street_rules(asked: Asked) -> Rows:
    on, _wrong = views.day_of(asked.query, asked.on)
    place = Street.objects.filter(pk=number(asked.query.get("street"))).first()
    lines = views.street_rules(asked.actor, place, verdicts.rules(on), verdicts.known(on))
    return Rows(len(lines), ((one["label"], *counts(one["counts"])) for one in lines))


FACILITY_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
)
VERDICT_COLUMNS = (
    OutColumn(marked("规则"), 30),
    OutColumn(marked("结论"), 10),
    OutColumn(marked("查到"), 16),
    OutColumn(marked("要求"), 16),
    OutColumn(marked("从哪天起"), 18),
    OutColumn(marked("怎么改"), 40),
    OutColumn(marked("依据"), 36),
)


def cells(found: verdicts.Found, on) -> tuple:
    """A verdict under VERDICT_COLUMNS, in the words of the pages."""
    test, met = found.test, found.verdict == MET
    return (
        _(test.label),
        _(WORDS[found.verdict]),
        value_words(test, found.value, found.of),
        limit_words(test, found.limit),
        "" if met else since_words(found.since, found.at_least, on),
        "" if met else _(test.mend if found.verdict == NOT_MET else test.enter),
        source(found.rule),
    )


def rule(asked: Asked) -> Rows:
    """The facilities that a rule's page shows: of one verdict, of one street where the address names one."""
    on, _wrong = views.day_of(asked.query, asked.on)
    found = verdicts.rules(on, asked.query.get("rule", ""))
    if not found:
        raise Http404
    one, only, base = found[0], verdicts.reach(asked.actor), verdicts.known(on)
    names = dict(Street.objects.values_list("pk", "name"))
    street = number(asked.query.get("street"))
    wanted = [street] if street in names else None
    counted = verdicts.counted(found, on, only=only, streets=wanted, base=base)
    totals = verdicts.summed(counted).get(one.key, verdicts.Counts())
    show = views.verdict_of(asked.query, totals)

    def rows() -> Iterator[tuple]:
        after = ""
        while chunk := verdicts.of_rule(
            one, on, verdict=show, only=only, streets=wanted, after=after, limit=CHUNK, base=base
        ):
            for row in chunk:
                yield row.code, row.name, names.get(row.street_id, ""), *cells(row, on)
            after = chunk[-1].code

    return Rows(getattr(totals, show), rows())


def failures(asked: Asked) -> Rows:
    """All that is not met, or cannot be judged (`verdict=unknown`), facility by facility."""
    on, _wrong = views.day_of(asked.query, asked.on)
    show = UNKNOWN if asked.query.get("verdict") == UNKNOWN else NOT_MET
    only = verdicts.reach(asked.actor)
    counted = verdicts.counted(verdicts.rules(on), on, only=only)
    totals = sum(verdicts.summed(counted).values(), verdicts.Counts())

    def rows() -> Iterator[tuple]:
        names, after = dict(Street.objects.values_list("pk", "name")), ""
        while chunk := verdicts.of_all(on, verdict=show, only=only, after=after, limit=CHUNK):
            for row in (row for facility in chunk for row in facility):
                yield row.code, row.name, names.get(row.street_id, ""), *cells(row, on)
            after = chunk[-1][0].code

    return Rows(getattr(totals, show), rows())


def of_facility(asked: Asked) -> Rows:
    facility = facility_of(asked, "rule.view")
    on, _wrong = views.day_of(asked.query, asked.on)
    found = verdicts.of_facility(facility.pk, on)
    return Rows(len(found), (cells(one, on) for one in found))


EXPORTS = (
    ExportList("rules", marked("规则执行"), "rulebook", "rule.view", lambda asked: RULE_COLUMNS, rules),
    ExportList(
        "failures", marked("不符合的机构"), "rulebook", "rule.view",
        lambda asked: (*FACILITY_COLUMNS, *VERDICT_COLUMNS), failures,
    ),
    ExportList(
        "rule", marked("一条规则的机构"), "rule", "rule.view",
        lambda asked: (*FACILITY_COLUMNS, *VERDICT_COLUMNS), rule, of="rule",
    ),
    ExportList(
        "rule-streets", marked("各街镇的规则执行"), "rulebook-streets", "rule.view", lambda asked: STREET_COLUMNS,
        streets,
    ),
    ExportList(
        "street-rules", marked("街镇的规则执行"), "rulebook-street", "rule.view", lambda asked: STREET_RULE_COLUMNS,
        street_rules, of="street",
    ),
    ExportList(
        "facility-rules", marked("机构的规则执行"), "facility-rules", "rule.view", lambda asked: VERDICT_COLUMNS,
        of_facility, of="facility",
    ),
)  # fmt: skip
