"""The register, kindergartens, and what operators ask to change, with the conditions and the order of their pages."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, conditions, many, ordered
from facilities.forms.facilities import FacilityFilter
from facilities.imports.facilities import COLUMNS
from facilities.lists import facilities as lists
from facilities.lists.kindergartens import shown as shown_kindergartens
from facilities.models import Facility, Kindergarten
from facilities.models.credit import listing
from facilities.rules.credit import LISTED
from facilities.rules.states import FACILITY
from facilities.services.facilities import labels
from facilities.views import proposals as proposal_views
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

#: As the register's columns come in, so they go out: what was exported can be mended and brought in again.
HEADS = {column.field: column for column in COLUMNS}
PERSONAL = {"head": "name"}
OUT = [field for field in HEADS if field not in ("closed_on",)]


#: The list of the credit record on which a facility stands; it comes in nowhere.
LISTED_COLUMN = OutColumn(marked("诚信名单"), 12)


def listed_word(row) -> str:
    """Of a row with the column `listing`."""
    return _(LISTED[row.listing]) if row.listing else ""


def facility_columns(asked: Asked) -> tuple[OutColumn, ...]:
    columns = [OutColumn(HEADS[f].heading, HEADS[f].width, PERSONAL.get(f, "")) for f in OUT]
    return (*columns, OutColumn(marked("停办日期")), OutColumn(marked("风险等级")), LISTED_COLUMN)


def facilities(asked: Asked) -> Rows:
    names = dict(Street.objects.values_list("pk", "name"))
    form = FacilityFilter(asked.query, streets=list(Street.objects.only("id", "name")))
    reached = Facility.objects.allowed(asked.actor, "facility.view")
    found, broad = lists.facilities(reached, conditions(form), asked.on)
    found = ordered(
        found.select_related("operator").defer("search_text").annotate(listing=listing()),
        lists.FACILITY_SORTS,
        asked.query,
        "code",
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
            yield (*values, row.closed_on, row.grade, listed_word(row))

    return Rows(many(found, broad), rows())


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
    found = shown_kindergartens(asked.actor, asked.query)[0].select_related("facility", "street")

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


PROPOSAL_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("要改的"), 24),
    OutColumn(marked("改成"), 40),
    OutColumn(marked("为什么要改"), 40),
    OutColumn(marked("申请时间"), 18),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("答复时间"), 18),
    OutColumn(marked("答复"), 40),
)


def proposals(asked: Asked) -> Rows:
    """What is asked for, as words; a new street by its name."""
    _state, found = proposal_views.chosen(asked.actor, asked.query)

    def rows() -> Iterator[tuple]:
        names = labels()
        for row in found.order_by("-pk").iterator(chunk_size=CHUNK):
            lines = proposal_views.lines(row)
            yield (
                row.facility.code,
                row.facility.name,
                _("、").join(names[field] for field in row.changes),
                _("；").join(f"{line['label']}：{line['wanted']}" for line in lines),
                row.reason,
                row.proposed_at,
                row.get_state_display(),
                row.decided_at,
                row.answer,
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList("facilities", marked("机构名册"), "facilities", "facility.view", facility_columns, facilities),
    ExportList(
        "kindergartens", marked("幼儿园"), "kindergartens", "facility.view", lambda asked: KINDERGARTEN_COLUMNS,
        kindergartens,
    ),
    ExportList(
        "proposals", marked("变更申请"), "proposals", "facility.view", lambda asked: PROPOSAL_COLUMNS, proposals
    ),
)  # fmt: skip
