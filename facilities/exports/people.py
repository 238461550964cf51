"""People at facilities as spreadsheets: staff, certificates, bans, hand-overs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, conditions, many, ordered
from facilities.forms.facilities import StaffFilter
from facilities.lists import facilities as lists
from facilities.models import BanDecision, Certificate, Employment, HandOver, HandOverGiven
from facilities.rules.people_states import BAN
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

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
        words = {
            "bad": _("有缺"),
            "warn": _("快到期"),
            "doing": _("培训中"),
            "ok": _("齐全"),
            "none": _("没有标准"),
        }
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
    words = {"missing": _("没有岗位证书"), "unset": _("没有标准")}
    return words.get(standing.certificates, _("齐全"))


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


BAN_COLUMNS = (
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("事由"), 18),
    OutColumn(marked("文书编号"), 24),
    OutColumn(marked("提出时间"), 18),
    OutColumn(marked("提出人"), 12, "name"),
    OutColumn(marked("确认时间"), 18),
    OutColumn(marked("确认人"), 12, "name"),
    OutColumn(marked("状态"), 12),
)


def bans(asked: Asked) -> Rows:
    """This district's decisions, without facts and evidence."""
    found = (
        BanDecision.objects.allowed(asked.actor, "ban.view")
        .select_related("entered_by", "confirmed_by")
        .defer("identity", "evidence", "lift_reason")
        .order_by("-pk")
    )

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.name,
                row.get_ground_display(),
                row.document,
                row.entered_at,
                row.entered_by.name if row.entered_by else "",
                row.confirmed_at,
                row.confirmed_by.name if row.confirmed_by else "",
                _(BAN.states[row.state]),
            )

    return Rows(many(found), rows())


HAND_OVER_COLUMNS = (
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("从哪个区"), 14),
    OutColumn(marked("同意日期"), 12),
    OutColumn(marked("用途"), 40),
    OutColumn(marked("证书"), 8),
    OutColumn(marked("培训"), 8),
    OutColumn(marked("申请时间"), 18),
    OutColumn(marked("申请人"), 12, "name"),
    OutColumn(marked("状态"), 20),
)


def hand_overs(asked: Asked) -> Rows:
    """What this district asked for."""
    found = (
        HandOver.objects.allowed(asked.actor, "hand_over.view")
        .select_related("giving", "asked_by")
        .defer("identity")
        .order_by("-pk")
    )

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.name,
                row.giving.name,
                row.consent_on,
                row.purpose,
                row.certificates,
                row.trainings,
                row.asked_at,
                row.asked_by.name if row.asked_by else "",
                row.get_state_display(),
            )

    return Rows(many(found), rows())


GIVEN_COLUMNS = (
    OutColumn(marked("人员编号")),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("哪个区要的"), 14),
    OutColumn(marked("同意日期"), 12),
    OutColumn(marked("用途"), 40),
    OutColumn(marked("证书"), 8),
    OutColumn(marked("培训"), 8),
    OutColumn(marked("时间"), 18),
)


def hand_overs_given(asked: Asked) -> Rows:
    """What others took from this district."""
    found = (
        HandOverGiven.objects.allowed(asked.actor, "hand_over.view")
        .select_related("asking", "staff")
        .defer("staff__identity", "staff__phone", "staff__search_text")
    )

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.staff.code,
                row.staff.name,
                row.asking.name,
                row.consent_on,
                row.purpose,
                row.certificates,
                row.trainings,
                row.at,
            )

    return Rows(many(found), rows())


EXPORTS = (
    ExportList(
        "staff", marked("从业人员"), "staff", "staff.view", lambda asked: STAFF_COLUMNS, staff, reveal="staff.reveal"
    ),
    ExportList(
        "certificates", marked("从业人员证书"), "staff", "staff.view", lambda asked: CERTIFICATE_COLUMNS, certificates
    ),
    ExportList("bans", marked("终身禁入决定"), "bans", "ban.view", lambda asked: BAN_COLUMNS, bans),
    ExportList(
        "hand-overs", marked("跨区接来的人员"), "hand-overs", "hand_over.view", lambda asked: HAND_OVER_COLUMNS, hand_overs
    ),
    ExportList(
        "hand-overs-given", marked("别的区接走的人员"), "hand-overs", "hand_over.view", lambda asked: GIVEN_COLUMNS,
        hand_overs_given,
    ),
)  # fmt: skip
