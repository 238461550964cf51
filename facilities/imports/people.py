"""People, their certificates and their training hours from spreadsheets.

A person is known by the keyed hash of the identity number; the number itself stands in no table until the service
that encrypts it writes it. What the single services refuse is refused here, row by row, before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils.translation import gettext as _

from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import Certificate, Employment
from facilities.rules import numbers
from facilities.rules import staff as rules
from facilities.services import staff_import
from facilities.services.staff import identity_hash
from portal.access import Actor
from portal.rules.cells import Checked, Choice, Day, Text, YesNo, choice
from portal.rules.machine import marked
from portal.services import parameters
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices
from portal.templatetags.ui import masked, masked_identity

POSTS = {
    "园长": "head", "机构负责人": "head", "保育员": "carer", "保育师": "carer", "育婴员": "carer",  # content
    "育婴师": "carer", "托育师": "carer", "老师": "teacher", "幼儿教师": "teacher", "保健员": "health",  # content
    "保健老师": "health", "卫生保健人员": "health", "保安": "safety", "保安员": "safety", "安保": "safety",  # content
    "厨师": "cook", "炊事员": "cook", "食堂人员": "cook", "后勤": "other",  # content
}  # fmt: skip
KINDS = {
    "育婴员": "childcare", "育婴员证": "childcare", "育婴师证": "childcare", "保育员": "nursing",  # content
    "保育员证": "nursing", "保育师证": "nursing", "保健员证": "health", "教师资格证": "teacher",  # content
    "教师证": "teacher", "健康合格证": "health_check", "健康检查": "health_check", "健检": "health_check",  # content
    "保安证": "safety", "保安员证": "safety", "食品健康证": "food", "食品从业证": "food",  # content
}  # fmt: skip
FOUND = {
    "有记录": True,
    "无记录": False,
    "无犯罪记录": False,
    "无违法犯罪记录": False,
    "未发现": False,
}  # content
FOUND |= {"是": True, "否": False, "有": True, "无": False}  # content


def identity(needed: bool = True) -> Column:
    return Column(
        "identity",
        marked("身份证号"),
        Checked(lambda number: numbers.identity_problem(number, date.max), numbers.PROBLEMS),
        ("身份证", "身份证号码", "证件号码", "证件号", "公民身份号码"),  # content
        needed=needed,
        example="（18 位，这一列先设成“文本”格式）",  # content
        mask=masked_identity,
        staged=identity_hash,
        width=22,
    )


NAME = Column("name", marked("姓名"), Text(40), ("人员姓名", "教职工姓名"), needed=True,  # content
              example="陈示例", mask=masked)  # content  # fmt: skip
PHONE = Column("phone", marked("手机"), Text(20), ("手机号", "手机号码", "联系电话", "电话"),  # content
               example="13800000000", about=marked("只用于新登记的人"),
               mask=lambda text: text[:3] + "****", staged=lambda phone: "")  # fmt: skip
STAFF = (
    NAME,
    identity(),
    PHONE,
    *OF_FACILITY,
    Column("post", marked("岗位"), aliases=("职务", "工作岗位", "岗位类别"),  # content
           needed=True, example="保育人员"),  # content
    Column("full_time", marked("全职"), YesNo(), ("是否全职", "用工形式"), example="是"),  # content
    Column("starts_on", marked("到岗日期"), Day(), ("入职日期", "入职时间", "上岗日期", "聘用日期"),  # content
           needed=True,  # content
           example="2025-09-01"),
    Column("ends_on", marked("离岗日期"), Day(), ("离职日期", "离职时间"), about=marked("还在岗的空着")),  # content
    Column("checked_on", marked("违法犯罪记录查询日期"), Day(),  # content
           ("查询日期", "背景查询日期", "犯罪记录查询日期"),  # content
           about=marked("一年内到岗的要填"), example="2025-08-20", width=20),
    Column("found", marked("查询结果"), YesNo(), ("有无记录", "违法犯罪记录", "是否有记录"), example="无"),  # content
    Column("certificate_kind", marked("证书种类"), aliases=("资格证书", "证书名称", "持证种类"),  # content
           example="育婴师"),  # content
    Column("certificate_number", marked("证书编号"), Text(40), ("证书号", "资格证编号"),  # content
           example="Y2021000123"),  # content
    Column("issued_on", marked("发证日期"), Day(), ("发证时间",), example="2021-06-30"),  # content
    Column("valid_until", marked("有效期至"), Day(), ("有效期", "证书有效期", "证书到期"),  # content
           about=marked("没有期限的空着")),  # content
    Column("health_number", marked("健康证编号"), Text(40), ("健康证号",), example="JK20250012"),  # content
    Column("health_issued_on", marked("健康证发证日期"), Day(), ("体检日期", "健检日期", "健康检查日期"),  # content
           example="2025-08-15"),
    Column("health_until", marked("健康证有效期至"), Day(), ("健康证到期", "健康证有效期"),  # content
           example="2026-08-14"),  # content
)  # fmt: skip

#: Who came within so many days is hired by this file: the papers of a hire are asked for.
LATELY_DAYS = 365
CLOSED = marked("%(name)s已停办，不能再登记在岗人员。已离岗的填离岗日期")
OTHER_NAME = marked("这个身份证号已登记在另一个姓名下。对照证件核对姓名")
TWICE = marked("和第 %(other)d 行是同一个人。一人一行；更多的证书用“从业人员证书”导入")
ELSEWHERE = marked("这个人在%(where)s登记在岗。先在那里办离岗")
OTHER_FACILITY = marked("本区另一家机构")
POST_STAYS = marked("名册里的岗位不一样，这一格不写入")
CERTIFICATE_PARTS = marked("有证书就要填种类、编号和发证日期")
ENDED = marked("名册里 %(day)s 已离岗，这一格不写入")
CHECK_PART = marked("填了查询结果，也要填查询日期")


def found_words() -> Choice:
    """What an inquiry found, as people write it: True for a record."""
    yes_no = choice([(True, _("有")), (False, _("无"))], FOUND)
    return Choice(yes_no.words, yes_no.labels, sql="boolean")


def staff_columns(actor: Actor) -> tuple[Column, ...]:
    kinds = [(v, str(w)) for v, w in Certificate.Kind.choices if v != "health_check"]
    return with_choices(
        STAFF,
        post=choice([(v, str(w)) for v, w in Employment.Post.choices], POSTS),
        certificate_kind=choice(kinds, KINDS),
        found=found_words(),
    )


def staff_rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    """What the single service would refuse of one row by itself."""
    number, starts = values.get("identity"), values.get("starts_on")
    if not 2 <= len(values.get("name", "  ")) <= 40:
        yield "name", rules.PROBLEMS["name"], {}
    phone = values.get("phone")
    if phone and not (len(phone) == 11 and phone.isdigit() and phone.startswith("1")):
        yield "phone", rules.PROBLEMS["mobile"], {}
    born = numbers.born_on(number) if number else None
    if born and born > today:
        yield "identity", numbers.PROBLEMS["date"], {}
    if values.get("found"):
        yield "found", rules.PROBLEMS["check_found"], {}
    if starts:
        lately = starts > today - timedelta(LATELY_DAYS) and "ends_on" not in values
        checked = values.get("checked_on")
        for field, key, facts in rules.hire_problems(
            born=born, starts_on=starts, checked_on=checked, found=False, today=today
        ):
            # who came long ago was checked before that; what the file tells is the last inquiry
            if field != "checked_on" or key == "future" or (lately and checked is None):
                yield field, rules.PROBLEMS[key], facts
        ends = values.get("ends_on")
        if ends and ends < starts:
            yield "ends_on", rules.PROBLEMS["ends_before"], {"day": starts.isoformat()}
        if ends and ends > today:
            yield "ends_on", rules.PROBLEMS["future"], {}
    if "found" in values and "checked_on" not in values and not values["found"]:
        yield "checked_on", CHECK_PART, {}
    born_year = born.year if born else None
    yield from certificate_rules(values, "certificate_number", "issued_on", "valid_until", born_year, today,
        "certificate_kind" in values)  # fmt: skip
    yield from certificate_rules(
        values, "health_number", "health_issued_on", "health_until", born_year, today, True
    )


def certificate_rules(
    values: dict, number: str, issued: str, until: str, born: int | None, today: date, kind: bool
) -> Iterator[tuple[str, str, dict]]:
    """Number, day and kind belong together."""
    given = {f for f in (number, issued, until) if f in values}
    if not given and (not kind or number == "health_number"):
        return
    if number not in values or issued not in values or not kind:
        yield number if number not in values else issued, CERTIFICATE_PARTS, {}
        return
    names = {"number": number, "issued_on": issued, "valid_until": until}
    for field, key, facts in rules.certificate_problems(
        number=values[number],
        issued_on=values[issued],
        valid_until=values.get(until),
        birth_year=born,
        today=today,
    ):
        yield names[field], rules.PROBLEMS[key], facts


#: A row's person in the district, of those whom the one who imports may reach at all.
PERSON = "JOIN facilities_staffmember s ON s.identity_hash = i.identity"


def match_staff(stage: Stage) -> None:
    place(stage, "staff.manage")
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, e.id FROM import_row i"
        f" {PERSON} JOIN facilities_employment e ON e.staff_id = s.id AND e.facility_id = i.facility"
        " AND e.starts_on = i.starts_on"
    )
    stage.twice(["identity"], "identity", TWICE)
    stage.remark("name", OTHER_NAME, f"SELECT i.row FROM import_row i {PERSON} WHERE s.name <> i.name")
    unmatched = "NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row)"
    stage.remark(
        "identity",
        ELSEWHERE,
        "SELECT DISTINCT ON (i.row) i.row, coalesce(p.name, %(other)s) AS where FROM import_row i"
        f" {PERSON} JOIN facilities_employment e ON e.staff_id = s.id"
        " AND (e.ends_on IS NULL OR e.ends_on >= i.starts_on)"
        " AND (i.ends_on IS NULL OR i.ends_on >= e.starts_on)"
        f" LEFT JOIN import_place p ON p.id = e.facility_id WHERE {unmatched} ORDER BY i.row, e.starts_on DESC",
        {"other": _(OTHER_FACILITY)},
    )
    stage.remark(
        "identity",
        staff_import.BARRED,
        f"SELECT DISTINCT i.row FROM import_row i {PERSON} JOIN facilities_recordcheck c ON c.staff_id = s.id"
        f" WHERE c.found AND {unmatched}",
    )
    stage.remark(
        "facility_name",
        CLOSED,
        "SELECT i.row, p.name FROM import_row i JOIN import_place p ON p.id = i.facility"
        f" WHERE p.state = 'closed' AND i.ends_on IS NULL AND {unmatched}",
    )
    barred = staff_import.barred([h for (h,) in stage.run("SELECT DISTINCT identity FROM import_row")])
    if barred:
        stage.remark(
            "identity",
            staff_import.BARRED,
            f"SELECT i.row FROM import_row i WHERE i.identity = ANY(%(hashes)s) AND {unmatched}",
            {"hashes": barred},
        )
    papers_of_new(stage)
    known = "import_match m JOIN import_row i USING (row) JOIN facilities_employment e ON e.id = m.target"
    stage.remark("post", POST_STAYS, f"SELECT m.row FROM {known} WHERE i.post <> e.post", level="note")
    stage.remark(
        "ends_on",
        ENDED,
        f"SELECT m.row, e.ends_on AS day FROM {known} WHERE i.ends_on <> e.ends_on",
        level="note",
    )
    for field, where in staff_import.MISSING.items():
        if field in stage.sheet.found.columns:
            stage.run(
                f"UPDATE import_match m SET changes = m.changes || jsonb_build_object('{field}', '') FROM import_row i,"
                f" facilities_employment e WHERE i.row = m.row AND e.id = m.target AND {where}"
            )


def papers_of_new(stage: Stage) -> None:
    """Who came within the year brings the papers that the post demands, and an inquiry that was not old on the first day;
    who came before is looked after by the clocks."""
    since = stage.on - timedelta(LATELY_DAYS)
    rows = stage.run(
        "SELECT i.row, i.identity, i.post, i.starts_on, i.certificate_kind, i.issued_on, i.valid_until,"
        " i.health_issued_on, i.health_until, i.checked_on FROM import_row i WHERE i.starts_on > %s AND i.ends_on IS NULL"
        " AND i.post IS NOT NULL AND NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row)",
        [since],
    )
    held: dict[str, list] = {}
    found = Certificate.objects.filter(staff__identity_hash__in=[row[1] for row in rows])
    for hashed, *paper in found.values_list("staff__identity_hash", "kind", "issued_on", "valid_until"):
        held.setdefault(hashed, []).append(tuple(paper))
    known = parameters.values([*rules.CERTIFICATE_PARAMETERS.values(), "record_check.months"], stage.on)
    asked_of, months = rules.asked_kinds(known), known.get("record_check.months")
    kinds = {value: str(word) for value, word in Certificate.Kind.choices}
    remarks = []
    for row, hashed, post, starts_on, kind, issued, until, health_issued, health_until, checked in rows:
        if months is not None and checked and checked < rules.months_before(starts_on, months):
            remarks.append((row, "checked_on", "wrong", rules.PROBLEMS["check_old"], {"months": months}))
        papers = list(held.get(hashed, []))
        if kind and issued:
            papers.append((kind, issued, until))
        if health_issued:
            papers.append((rules.HEALTH_CHECK, health_issued, health_until))
        for key in rules.lacking(post, papers, starts_on, asked_of):
            field = "certificate_number" if key == "certificate_missing" else "health_number"
            wanted = _("或").join(kinds[k] for k in sorted(asked_of.get(post, ())))
            remarks.append((row, field, "wrong", rules.PROBLEMS[key], {"kinds": wanted}))
    stage.put(remarks)


STAFF_LIST = ImportList(
    key="staff",
    title=marked("从业人员"),
    unit=marked("人"),
    url="staff",
    right="staff.manage",
    columns=staff_columns,
    rules=staff_rules,
    match=match_staff,
    write=staff_import.write_staff,
    known_by=(("identity", "facility_code", "starts_on"), ("identity", "facility_name", "starts_on")),
    personal=True,
    order=20,
    about=marked("按身份证号认人，按机构和到岗日期认任职；证书、健康证、记录查询一起登记"),
)
