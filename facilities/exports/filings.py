"""Filings and applications for an account as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many
from facilities.models import Applicant, Filing
from facilities.rules import filing_form
from facilities.rules.filings import tab_of
from facilities.rules.states import FILING
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

FILING_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("事项"), 10),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("机构编号")),
    OutColumn(marked("街镇"), 14),
    OutColumn(marked("状态"), 12),
    OutColumn(marked("送审次数"), 10),
    OutColumn(marked("送审日期"), 12),
    OutColumn(marked("受理日期"), 12),
    OutColumn(marked("期限"), 12),
    OutColumn(marked("决定日期"), 12),
    OutColumn(marked("生效日期"), 12),
    OutColumn(marked("文号"), 20),
)


def filings(asked: Asked) -> Rows:
    """Where filings stand, and the paper that they ended with."""
    _key, _label, states = tab_of(asked.query.get("state", ""))
    found = Filing.objects.allowed(asked.actor, "filing.view").filter(state__in=states)

    def rows() -> Iterator[tuple]:
        words = {key: _(word) for key, word in FILING.states.items()}
        kinds = {key: _(word) for key, word in filing_form.KINDS.items()}
        for row in (
            found.select_related("street", "facility")
            .prefetch_related("notices")
            .order_by("-pk")
            .iterator(chunk_size=CHUNK)
        ):
            papers = list(row.notices.all())
            yield (
                row.number, kinds[row.kind], row.name, row.facility.code if row.facility else "",
                row.street.name if row.street else "", words[row.state], row.round, row.sent_on, row.received_on,
                row.clock_due, row.decided_on, row.effect_on, papers[0].number if papers else "",
            )  # fmt: skip

    return Rows(many(found), rows())


APPLICANT_COLUMNS = (
    OutColumn(marked("编号"), 16),
    OutColumn(marked("单位"), 28),
    OutColumn(marked("统一社会信用代码"), 22),
    OutColumn(marked("经办人姓名"), 12, "name"),
    OutColumn(marked("申请时间"), 18),
    OutColumn(marked("状态"), 12),
    OutColumn(marked("核对时间"), 18),
    OutColumn(marked("核对人"), 12, "name"),
    OutColumn(marked("答复"), 40),
)


def applicants(asked: Asked) -> Rows:
    """Those that wait first, as on the page; telephones stay there."""
    found = (
        Applicant.objects.allowed(asked.actor, "applicant.view").select_related("decided_by").defer("phone")
    )

    def rows() -> Iterator[tuple]:
        waiting = found.filter(state="applied").order_by("pk")
        others = found.exclude(state="applied").order_by("-pk")
        for row in chain(waiting.iterator(chunk_size=CHUNK), others.iterator(chunk_size=CHUNK)):
            yield (
                row.number,
                row.organisation,
                row.credit_code,
                row.name,
                row.applied_at,
                row.get_state_display(),
                row.decided_at,
                row.decided_by.name if row.decided_by else "",
                row.answer,
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList("filings", marked("备案"), "filings", "filing.view", lambda asked: FILING_COLUMNS, filings),
    ExportList(
        "applicants", marked("开户申请"), "applicants", "applicant.view", lambda asked: APPLICANT_COLUMNS, applicants
    ),
)  # fmt: skip
