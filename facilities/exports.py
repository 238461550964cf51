"""The register and the staff list as spreadsheets, with the conditions and the order of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from facilities import credit
from facilities.forms.credit import CreditFilter
from facilities.forms.facilities import FacilityFilter, StaffFilter
from facilities.imports.facilities import COLUMNS
from facilities.lists import facilities as lists
from facilities.models import Certificate, Employment, Facility, Filing, Kindergarten, Population
from facilities.paging import counts
from facilities.rules import filing_form
from facilities.rules.filings import tab_of
from facilities.rules.residents import KINDS
from facilities.rules.states import FACILITY, FILING
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import AT_ONCE, Asked, ExportList, OutColumn, Rows

CHUNK = 2000


def ordered(queryset, sorts: dict, query, default: str):
    """A queryset in the order that the address asks for."""
    sort = query.get("sort") or default
    down = "-" if sort.startswith("-") else ""
    fields = sorts.get(sort.removeprefix("-"), sorts[default])
    return queryset.order_by(*(f"{down}{column}" for column, _kind in fields))


def many(queryset, broad: bool = False) -> int | None:
    """How many rows, counted no further than needed to know that they are too many to wait for."""
    return None if broad else counts([queryset], cap=AT_ONCE)[0]


def conditions(form) -> dict:
    form.is_valid()
    return dict(form.cleaned_data)


#: As the register's columns come in, so they go out: what was exported can be mended and brought in again.
HEADS = {column.field: column for column in COLUMNS}
PERSONAL = {"head": "name"}
OUT = [field for field in HEADS if field not in ("closed_on",)]


def facility_columns(asked: Asked) -> tuple[OutColumn, ...]:
    columns = [OutColumn(HEADS[f].heading, HEADS[f].width, PERSONAL.get(f, "")) for f in OUT]
    return (*columns, OutColumn(marked("停办日期")), OutColumn(marked("风险等级")))


def facilities(asked: Asked) -> Rows:
    names = dict(Street.objects.values_list("pk", "name"))
    form = FacilityFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    reached = Facility.objects.allowed(asked.actor, "facility.view")
    found, broad = lists.facilities(reached, conditions(form), asked.on)
    found = ordered(
        found.select_related("operator").defer("search_text"), lists.FACILITY_SORTS, asked.query, "code"
    )

    def rows() -> Iterator[tuple]:
        states = {key: _(word) for key, word in FACILITY.states.items()}
        kinds = {v: str(word) for v, word in Facility.Kind.choices}
        owners = {v: str(word) for v, word in Facility.Ownership.choices}
        words = {"kind": kinds, "state": states, "ownership": owners}
        for row in found.iterator(chunk_size=CHUNK):
            values = []
            for field in OUT:
                if field == "street":
                    values.append(names.get(row.street_id, ""))
                elif field == "operator":
                    values.append(row.operator.name if row.operator else "")
                else:
                    value = getattr(row, field)
                    values.append(words[field][value] if field in words else value)
            yield (*values, row.closed_on, row.grade)

    return Rows(many(found, broad), rows())


STAFF_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("身份证号"), 20, "number"),
    OutColumn(marked("手机"), 14, "number"),
    OutColumn(marked("岗位"), 12),
    OutColumn(marked("全职"), 8),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("到岗日期"), 12),
    OutColumn(marked("离岗日期"), 12),
    OutColumn(marked("证书")),
    OutColumn(marked("证书到期"), 12),
    OutColumn(marked("技能课时"), 10),
    OutColumn(marked("道德课时"), 10),
    OutColumn(marked("违法犯罪记录查询日期"), 16),
    OutColumn(marked("状态"), 10),
)


def staff(asked: Asked) -> Rows:
    """One row per employment; numbers are read only when they are asked for in full."""
    measure = lists.yardstick(asked.on)
    form = StaffFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    reached = Employment.objects.allowed(asked.actor, "staff.view")
    found, broad = lists.staff(reached, conditions(form), asked.on, measure)
    work = ordered(lists.with_records(found, asked.on), lists.STAFF_SORTS, asked.query, "code")
    if asked.revealed:
        revealable = Employment.objects.allowed(asked.actor, "staff.reveal").values("pk")
        work = work.filter(pk__in=revealable).only(*lists.STAFF_COLUMNS, "staff__identity", "staff__phone")

    def rows() -> Iterator[tuple]:
        streets = dict(Street.objects.values_list("pk", "name"))
        posts = {v: str(word) for v, word in Employment.Post.choices}
        words = {"bad": _("有缺"), "warn": _("快到期"), "doing": _("培训中"), "ok": _("齐全")}
        source = work.iterator(chunk_size=CHUNK)
        while chunk := list(islice(source, CHUNK)):
            for standing in lists.standings(chunk, asked.on, measure):
                row = standing.employment
                yield (
                    row.staff.code,
                    row.staff.name,
                    row.staff.identity if asked.revealed else "",
                    row.staff.phone if asked.revealed else "",
                    posts[row.post],
                    row.full_time,
                    row.facility.code,
                    row.facility.name,
                    streets.get(row.facility.street_id, ""),
                    row.starts_on,
                    row.ends_on,
                    standing.certificate_words or certificate_word(standing),
                    standing.certificate_until,
                    row.skills,
                    row.ethics,
                    row.checked_on,
                    words[standing.state],
                )

    return Rows(many(found, broad), rows())


def certificate_word(standing) -> str:
    return _("没有岗位证书") if standing.certificates == "missing" else _("齐全")


CERTIFICATE_COLUMNS = (
    OutColumn(marked("人员编号")),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("种类")),
    OutColumn(marked("证书编号"), 24),
    OutColumn(marked("发证日期"), 12),
    OutColumn(marked("有效期至"), 12),
)


def certificates(asked: Asked) -> Rows:
    found = Certificate.objects.allowed(asked.actor, "staff.view").select_related("staff")
    found = found.defer("staff__identity", "staff__phone", "staff__search_text").order_by(
        "staff__code", "kind", "pk"
    )

    def rows() -> Iterator[tuple]:
        kinds = {v: str(word) for v, word in Certificate.Kind.choices}
        for row in found.iterator(chunk_size=CHUNK):
            yield row.staff.code, row.staff.name, kinds[row.kind], row.number, row.issued_on, row.valid_until

    return Rows(many(found), rows())


KINDERGARTEN_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("性质"), 12),
    OutColumn(marked("开办日期"), 12),
    OutColumn(marked("停办日期"), 12),
    OutColumn(marked("建设"), 10),
    OutColumn(marked("建设完成日期"), 12),
    OutColumn(marked("托班机构编号")),
)


def kindergartens(asked: Asked) -> Rows:
    found = Kindergarten.objects.allowed(asked.actor, "facility.view").select_related("facility", "street")

    def rows() -> Iterator[tuple]:
        owners = {v: str(word) for v, word in Facility.Ownership.choices}
        works = {v: str(word) for v, word in Kindergarten.Works.choices}
        for row in found.order_by("code").iterator(chunk_size=CHUNK):
            yield (
                row.code,
                row.name,
                row.street.name,
                owners[row.ownership],
                row.opened_on,
                row.closed_on,
                works[row.works],
                row.works_on,
                row.facility.code if row.facility else "",
            )

    return Rows(many(found), rows())


RESIDENT_COLUMNS = (
    OutColumn(marked("街镇"), 14),
    OutColumn(marked("年份"), 8),
    *(OutColumn(word, 12) for word in KINDS.values()),
    OutColumn(marked("统计时点"), 12),
    OutColumn(marked("来源"), 30),
)


def residents(asked: Asked) -> Rows:
    """The figures in force, a row for each street's year of one source and day, as they come in."""
    found = Population.objects.allowed(asked.actor, "residents.view").in_force().select_related("street")
    lines: dict[tuple, dict] = {}
    for row in found.order_by("street__code", "-year"):
        key = (row.street.name, row.year, row.counted_on, row.source)
        lines.setdefault(key, {})[row.kind] = row.count
    return Rows(
        len(lines),
        (
            (street, year, *(counts.get(kind) for kind in KINDS), day, source)
            for (street, year, day, source), counts in lines.items()
        ),
    )


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


CREDIT_COLUMNS = (
    OutColumn(marked("编号"), 14),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("种类"), 14),
    OutColumn(marked("什么事"), 40),
    OutColumn(marked("认定单位"), 24),
    OutColumn(marked("决定书文号"), 24),
    OutColumn(marked("决定日期"), 12),
    OutColumn(marked("生效日期"), 12),
    OutColumn(marked("期限到"), 12),
    OutColumn(marked("离开日期"), 12),
    OutColumn(marked("状态"), 14),
)


def credit_record(asked: Asked) -> Rows:
    form = CreditFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    found, broad = credit.filtered(credit.rows(asked.actor), conditions(form))
    rows = found.order_by("-pk")
    return Rows(
        many(found, broad),
        (
            (
                row.number,
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.get_kind_display(),
                row.title,
                row.authority,
                row.document,
                row.decided_on,
                row.starts_on,
                row.ends_on,
                row.left_on,
                row.get_state_display(),
            )
            for row in rows.iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "credit", marked("诚信记录"), "credit", "credit.view", lambda asked: CREDIT_COLUMNS, credit_record
    ),
    ExportList("filings", marked("备案"), "filings", "filing.view", lambda asked: FILING_COLUMNS, filings),
    ExportList("facilities", marked("机构名册"), "facilities", "facility.view", facility_columns, facilities),
    ExportList(
        "staff", marked("从业人员"), "staff", "staff.view", lambda asked: STAFF_COLUMNS, staff, reveal="staff.reveal"
    ),
    ExportList(
        "certificates", marked("从业人员证书"), "staff", "staff.view", lambda asked: CERTIFICATE_COLUMNS, certificates
    ),
    ExportList(
        "kindergartens", marked("幼儿园"), "facilities", "facility.view", lambda asked: KINDERGARTEN_COLUMNS,
        kindergartens,
    ),
    ExportList(
        "residents", marked("街镇人口"), "residents", "residents.view", lambda asked: RESIDENT_COLUMNS, residents
    ),
)  # fmt: skip
