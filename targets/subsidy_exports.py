"""Claims, the year by street, what a claim counts, and rules as spreadsheets: for the finance bureau, as the pages show."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows
from targets.models.subsidies import SubsidyClaim, SubsidyItem
from targets.rules import subsidies as rules
from targets.services import subsidy_year
from targets.views import subsidies as views
from targets.views import subsidy_rules as rule_views

CLAIM_COLUMNS = (
    OutColumn(marked("申报编号"), 16),
    OutColumn(marked("机构编号"), 12),
    OutColumn(marked("机构"), 40),
    OutColumn(marked("统一社会信用代码"), 22),
    OutColumn(marked("街镇"), 16),
    OutColumn(marked("补贴"), 30),
    OutColumn(marked("种类"), 24),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
    OutColumn(marked("数量"), 12),
    OutColumn(marked("单位"), 12),
    OutColumn(marked("金额标准"), 12),
    OutColumn(marked("标准的单位"), 14),
    OutColumn(marked("金额"), 14),
    OutColumn(marked("批准金额"), 14),
    OutColumn(marked("已拨付"), 14),
    OutColumn(marked("已追回"), 14),
    OutColumn(marked("拨付凭证"), 30),
    OutColumn(marked("标准出自"), 40),
    OutColumn(marked("状态"), 12),
)


def claims(asked: Asked) -> Rows:
    """The claims of the page; payments go by the reference of the paying office, the product keeps no accounts."""
    _known, _form, _tab, found = views.shown(asked.actor, asked.query)

    def rows() -> Iterator[tuple]:
        for row in found.prefetch_related("payments").iterator(chunk_size=2000):
            one, measure = row.facility, row.basis["measure"]
            yield (
                row.number, one.code, one.name, one.credit_code, one.street.name, row.rule.name,
                row.rule.get_kind_display(), row.starts_on, row.ends_on, row.quantity,
                _(rules.UNITS[measure]), Decimal(row.basis["rate"]), _(rules.RATE_UNITS[measure]), row.amount,
                row.amount if row.state in rules.GRANTED else None, row.paid, row.recovered,
                _("、").join(one.reference for one in row.payments.all()), row.terms.citation,
                row.get_state_display(),
            )  # fmt: skip

    return Rows(found.count(), rows())


YEAR_COLUMNS = (
    OutColumn(marked("街镇"), 20),
    OutColumn(marked("补贴"), 36),
    OutColumn(marked("申报份数"), 10),
    OutColumn(marked("申报金额"), 16),
    OutColumn(marked("批准"), 16),
    OutColumn(marked("拨付"), 16),
    OutColumn(marked("追回"), 16),
)


def year(asked: Asked) -> Rows:
    """Each street's subsidies and its sum, as on the page, and the whole at the end."""
    subsidy_year.demand(asked.actor)
    table = subsidy_year.table(asked.actor, views.chosen_year(asked.query))

    def sums(line) -> tuple:
        return (line.claims, line.claimed, line.approved, line.paid, line.recovered)

    found = []
    for street in table.streets:
        found.append((street.name, _("小计"), *sums(street)))
        found += [(street.name, line.name, *sums(line)) for line in street.lines]
    if found:
        found.append((_("合计"), "", *sums(table.total)))
    return Rows(len(found), found)


ITEM_COLUMNS = (
    OutColumn(marked("申报编号"), 16),
    OutColumn(marked("内容"), 40),
    OutColumn(marked("说明"), 40),
    OutColumn(marked("数量"), 12),
)


def items(asked: Asked) -> Rows:
    """The rows behind one claim."""
    text = asked.query.get("claim", "")
    pk = int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0
    known = SubsidyClaim.objects.allowed(asked.actor, "subsidy.view").filter(pk=pk)
    found = SubsidyItem.objects.filter(claim__in=known).select_related("claim").order_by("position")
    return Rows(
        found.count(), ((row.claim.number, row.label, row.note, row.quantity) for row in found.iterator(2000))
    )


RULE_COLUMNS = (
    OutColumn(marked("补贴"), 30),
    OutColumn(marked("种类"), 24),
    OutColumn(marked("第几版"), 8),
    OutColumn(marked("金额标准"), 12),
    OutColumn(marked("单位"), 16),
    OutColumn(marked("每家每年最多"), 16),
    OutColumn(marked("怎么算"), 36),
    OutColumn(marked("多久申报一次"), 12),
    OutColumn(marked("哪些机构"), 40),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
    OutColumn(marked("标准出自"), 40),
    OutColumn(marked("状态"), 14),
)


def versions(asked: Asked) -> Rows:
    kinds = dict(Facility.Kind.choices)
    found = [one for rule in rule_views.known(asked.actor) for one in rule.shown]
    for one in found:
        rule_views.decorate(one, timezone.localdate())
    return Rows(
        len(found),
        (
            (
                row.rule.name, row.rule.get_kind_display(), row.number, row.rate, row.rate_unit, row.cap,
                row.get_measure_display(), row.get_period_display(),
                _("、").join(str(kinds[one]) for one in row.facility_kinds), row.starts_on, row.ends_on,
                row.citation, _("在用") if row.now else row.get_state_display(),
            )
            for row in found
        ),
    )  # fmt: skip


EXPORTS = (
    ExportList(
        "subsidy-claims", marked("补贴申报"), "subsidies", "subsidy.view", lambda asked: CLAIM_COLUMNS, claims
    ),
    ExportList(
        "subsidy-year", marked("分街镇补贴"), "subsidy-year", "subsidy_sums.view", lambda asked: YEAR_COLUMNS, year
    ),
    ExportList(
        "subsidy-items", marked("补贴申报明细"), "subsidy", "subsidy.view", lambda asked: ITEM_COLUMNS, items,
        of="claim",
    ),
    ExportList(
        "subsidy-rules", marked("补贴标准"), "subsidy-rules", "subsidy_rule.view", lambda asked: RULE_COLUMNS,
        versions,
    ),
)  # fmt: skip
