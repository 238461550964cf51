"""The pool of courses, sessions, trainers and what they took part in themselves, from spreadsheets.

What is registered of them is never changed by a file, as no page changes it: a cell that differs is told.
"""

from __future__ import annotations

from facilities.imports.file import choices
from facilities.imports.stands import stands
from facilities.models import Course, Trainer, TrainingRecord, TrainingSession
from facilities.rules import staff as staff_rules
from facilities.rules import training as rules
from facilities.services import training
from portal.access import Actor
from portal.rules.cells import Day, Number, Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices
from portal.templatetags.ui import masked

RIGHT = "training.manage"
HOURS = Number(*staff_rules.HOURS, 1)

# ---- courses


COURSES = (
    Column("code", marked("编号"), Text(12, upper=True), ("课程编号", "课程代码"),  # content
           about=marked("新登记的空着")),
    Column("title", marked("课程"), Text(120), ("课程名称", "课程标题"), needed=True, example="婴幼儿急救",  # content
           width=30),
    Column("kind", marked("种类"), aliases=("课程种类", "类别", "课程类别"), needed=True, example="综合技能"),  # content
    Column("provider", marked("培训单位"), Text(120), ("主办单位", "承办单位", "培训机构"), needed=True,  # content
           example="区托育服务指导中心", width=28),  # content
    Column("hours", marked("课时"), HOURS, ("学时", "课时数", "学时数"), needed=True, example="8"),  # content
    Column("summary", marked("内容"), Text(300), ("课程内容", "简介", "课程简介", "说明"), width=60),  # content
)  # fmt: skip
COURSE_KINDS = {"技能": "skills", "业务技能": "skills", "专业技能": "skills", "道德": "ethics",  # content
                "师德": "ethics", "师德师风": "ethics"}  # content  # fmt: skip
COURSE_TWICE = marked("和第 %(other)d 行是同一门课。留一行")
NO_COURSE_CODE = marked("课程库里没有这个编号。新登记的课程这一格空着")
COURSE_STANDS = marked("课程库里这门课的%(what)s是 %(stand)s。要换就停用这门课，按新的登记")
SUMMARY_STAYS = marked("课程库里写的不一样，这一格不写入")


def course_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(COURSES, kind=choices(TrainingRecord.Kind, COURSE_KINDS))


def match_courses(stage: Stage) -> None:
    stage.twice(["code"], "code", COURSE_TWICE)
    stage.twice(["title", "kind", "provider"], "title", COURSE_TWICE, "code IS NULL")
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_course t"
        " ON t.code = i.code"
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_course t ON t.title = i.title AND t.kind = i.kind AND t.provider = i.provider AND t.active"
        " WHERE i.code IS NULL ORDER BY i.row, t.id"
    )
    stage.remark(
        "code", NO_COURSE_CODE, f"SELECT i.row FROM import_row i WHERE i.code IS NOT NULL AND {UNKNOWN}"
    )
    kinds = {value: str(word) for value, word in TrainingRecord.Kind.choices}
    table = "facilities_course"
    stands(stage, table, {f: f"t.{f}" for f in ("title", "provider", "hours")}, COURSE_STANDS)
    stands(stage, table, {"kind": "t.kind"}, COURSE_STANDS, words=kinds)
    stands(
        stage,
        table,
        {"summary": "t.summary"},
        SUMMARY_STAYS,
        level="note",
        where=OTHER_WORDS.format("summary"),
    )


UNKNOWN = "NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row)"
#: Blanks and ends of lines, of which a cell keeps fewer, make no difference.
OTHER_WORDS = r"regexp_replace(i.{0}, '\s+', '', 'g') <> regexp_replace(t.{0}, '\s+', '', 'g')"


def save_course(stage: Stage, row: dict) -> None:
    facts = {f: row[f] for f in ("title", "kind", "provider", "hours")}
    training.add_course(actor=stage.actor, summary=row["summary"] or "", **facts)


# ---- trainers


NAME = Column("name", marked("姓名"), Text(40), ("培训人员", "培训人员姓名", "讲师", "讲师姓名"), needed=True,  # content
              example="陈示例", mask=masked)  # content  # fmt: skip
ORGANISATION = Column("organisation", marked("单位"), Text(120), ("工作单位", "所在单位"), needed=True,  # content
                      example="区托育服务指导中心", width=28)  # content  # fmt: skip
TRAINERS = (
    NAME,
    Column("kind", marked("类别"), aliases=("人员类别", "种类"), needed=True,  # content
           example="托育服务培训人员", width=24),  # content
    ORGANISATION,
    Column("subject", marked("擅长的内容"), Text(120), ("专长", "擅长领域", "授课内容", "培训方向"),  # content
           needed=True, example="婴幼儿急救", width=30),  # content
)  # fmt: skip
TRAINER_KINDS = {"托育": "care", "托育培训": "care", "托育服务": "care", "指导": "guidance",  # content
                 "科学育儿指导": "guidance", "科学育儿": "guidance", "育儿指导": "guidance"}  # content  # fmt: skip
TRAINER_TWICE = marked("和第 %(other)d 行是同一个人。留一行")
TRAINER_STAYS = marked("名单里这个人的%(what)s是 %(stand)s，这一格不写入")


def trainer_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(TRAINERS, kind=choices(Trainer.Kind, TRAINER_KINDS))


def match_trainers(stage: Stage) -> None:
    stage.twice(["name", "organisation"], "name", TRAINER_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_trainer t"
        " ON t.name = i.name AND t.organisation = i.organisation"
    )
    kinds = {value: str(word) for value, word in Trainer.Kind.choices}
    facts = {"kind": "t.kind", "subject": "t.subject"}
    stands(stage, "facilities_trainer", facts, TRAINER_STAYS, level="note", words=kinds)


def save_trainer(stage: Stage, row: dict) -> None:
    training.add_trainer(
        actor=stage.actor, **{f: row[f] for f in ("name", "kind", "organisation", "subject")}
    )


# ---- what trainers took part in


TAKEN = (
    NAME,
    Column("organisation", marked("单位"), Text(120), ("工作单位", "所在单位"),  # content
           about=marked("有同名的人时填"), example="区托育服务指导中心", width=28),  # content
    Column("course", marked("课程"), Text(120), ("课程名称", "培训内容", "参加的培训"), needed=True,  # content
           example="托育师资研修", width=30),  # content
    Column("provider", marked("培训单位"), Text(120), ("主办单位", "培训机构"), needed=True,  # content
           example="示例大学", width=28),  # content
    Column("hours", marked("课时"), HOURS, ("学时", "培训课时"), needed=True, example="16"),  # content
    Column("done_on", marked("完成日期"), Day(), ("培训日期", "结束日期", "日期"), needed=True,  # content
           example="2026-03-10"),
)  # fmt: skip
NO_TRAINER = marked("培训人员名单里没有这个人。先登记培训人员，或核对姓名和单位")
MANY_TRAINERS = marked("有 %(count)s 位培训人员叫这个名字。填单位")
TAKEN_TWICE = marked("和第 %(other)d 行是同一次培训。留一行")
TAKEN_STANDS = marked("这次培训已经登记，%(what)s是 %(stand)s。核对这一格")


def taken_columns(actor: Actor) -> tuple[Column, ...]:
    return TAKEN


def trainers_of(stage: Stage, name: str) -> None:
    """Finds each row's trainer, by name and organisation or by a name that only one has, into column `trainer_id`."""
    stage.run("ALTER TABLE import_row ADD trainer_id bigint")
    stage.run(
        f"UPDATE import_row i SET trainer_id = t.id FROM facilities_trainer t WHERE t.name = i.{name}"
        " AND t.organisation = i.organisation"
    )
    stage.run(
        "UPDATE import_row i SET trainer_id = t.id FROM (SELECT name, min(id) AS id FROM facilities_trainer"
        f" GROUP BY name HAVING count(*) = 1) t WHERE i.organisation IS NULL AND t.name = i.{name}"
    )
    stage.remark(
        name,
        MANY_TRAINERS,
        f"SELECT i.row, count(*) AS count FROM import_row i JOIN facilities_trainer t ON t.name = i.{name}"
        " WHERE i.organisation IS NULL GROUP BY i.row HAVING count(*) > 1",
    )
    stage.remark(
        name,
        NO_TRAINER,
        f"SELECT i.row FROM import_row i WHERE i.{name} IS NOT NULL AND i.trainer_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field = %(f)s)",
        {"f": name},
    )


def match_taken(stage: Stage) -> None:
    trainers_of(stage, "name")
    stage.twice(["trainer_id", "course", "done_on"], "course", TAKEN_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_trainertraining t"
        " ON t.trainer_id = i.trainer_id AND t.course = i.course AND t.done_on = i.done_on"
    )
    facts = {"provider": "t.provider", "hours": "t.hours"}
    stands(stage, "facilities_trainertraining", facts, TAKEN_STANDS)


def save_taken(stage: Stage, row: dict) -> None:
    trainer = Trainer.objects.get(pk=row["trainer_id"])
    facts = {f: row[f] for f in ("course", "provider", "hours", "done_on")}
    training.train_trainer(trainer, actor=stage.actor, today=stage.on, **facts)


# ---- sessions


SESSIONS = (
    Column("code", marked("场次"), Text(16, upper=True), ("场次编号", "培训编号"),  # content
           about=marked("新安排的空着"), width=16),
    Column("course_code", marked("课程编号"), Text(12, upper=True), ("课程代码",), example="MHK0012"),  # content
    Column("course", marked("课程"), Text(120), ("课程名称", "培训课程", "培训内容"),  # content
           about=marked("没有课程编号时按名称认"), example="婴幼儿急救", width=30),  # content
    Column("provider", marked("培训单位"), Text(120), ("主办单位", "承办单位", "培训机构"),  # content
           about=marked("有同名的课程时填"), width=28),
    Column("starts_on", marked("开课"), Day(), ("开课日期", "开始日期", "培训日期", "开班日期"), needed=True,  # content
           example="2026-04-01"),
    Column("ends_on", marked("结课"), Day(), ("结课日期", "结束日期", "结业日期"),  # content
           about=marked("空着就是开课那天"), example="2026-04-02"),
    Column("times", marked("时间"), Text(60), ("上课时间", "培训时间"), example="9:00—16:30"),  # content
    Column("sign_up_until", marked("报名截止"), Day(), ("报名截止日期", "截止日期", "报名截止时间"),  # content
           about=marked("空着就是开课那天"), example="2026-03-30"),
    Column("mode", marked("形式"), aliases=("培训形式", "授课形式", "培训方式"), needed=True, example="现场"),  # content
    Column("place", marked("地点或平台"), Text(200), ("地点", "培训地点", "平台", "地址"), needed=True,  # content
           example="示例路 1 号三楼", width=30),  # content
    Column("trainer", marked("讲师"), Text(40), ("培训人员", "授课人", "主讲人", "讲师姓名"), mask=masked,  # content
           about=marked("先在培训人员里登记")),
    Column("organisation", marked("讲师单位"), Text(120), ("授课人单位",),  # content
           about=marked("有同名的讲师时填"), width=28),
    Column("capacity", marked("招收人数"), Number(*rules.CAPACITY), ("人数", "名额", "计划人数"),  # content
           needed=True, example="60"),
)  # fmt: skip
MODES = {"线下": "on_site", "面授": "on_site", "集中": "on_site", "集中面授": "on_site", "现场培训": "on_site",  # content
         "网络": "online", "网上": "online", "直播": "online", "在线": "online", "远程": "online"}  # content  # fmt: skip
SESSION_TWICE = marked("和第 %(other)d 行是同一场。留一行")
NO_SESSION_CODE = marked("没有这个场次编号。新安排的一场这一格空着")
NO_COURSE = marked("课程库里没有这门课，或已停用。先登记课程，或填课程编号")
MANY_COURSES = marked("课程库里有 %(count)s 门课叫这个名称。填课程编号或培训单位")
NO_COURSE_GIVEN = marked("没有填课程。填课程编号或名称")
SESSION_STANDS = marked("这一场已经安排，%(what)s是 %(stand)s。要改就在这一场的页面取消，再安排新的")


def session_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(SESSIONS, mode=choices(TrainingSession.Mode, MODES))


def courses_of(stage: Stage) -> None:
    """Finds each row's course, by its code or by a title that only one course in use has, into column `course_id`."""
    stage.run("ALTER TABLE import_row ADD course_id bigint")
    named = "t.title = i.course AND t.active AND (i.provider IS NULL OR t.provider = i.provider)"
    by_name = "i.course_code IS NULL AND i.course IS NOT NULL"
    stage.run(
        "UPDATE import_row i SET course_id = t.id FROM facilities_course t WHERE t.code = i.course_code"
    )
    stage.run(
        "UPDATE import_row u SET course_id = f.id FROM (SELECT i.row, min(t.id) AS id FROM import_row i"
        f" JOIN facilities_course t ON {named} WHERE {by_name} GROUP BY i.row HAVING count(*) = 1) f WHERE f.row = u.row"
    )
    new = f"i.course_id IS NULL AND {UNKNOWN}"
    many = (
        f"SELECT i.row, count(*) AS count FROM import_row i JOIN facilities_course t ON {named}"
        f" WHERE {by_name} AND {new} GROUP BY i.row HAVING count(*) > 1"
    )
    stage.remark("course", MANY_COURSES, many)
    stage.remark(
        "course_code", NO_COURSE, f"SELECT i.row FROM import_row i WHERE i.course_code IS NOT NULL AND {new}"
    )
    stage.remark(
        "course",
        NO_COURSE,
        f"SELECT i.row FROM import_row i WHERE {by_name} AND {new} AND i.row NOT IN (SELECT row FROM ({many}) m)",
    )
    stage.remark(
        "course",
        NO_COURSE_GIVEN,
        f"SELECT i.row FROM import_row i WHERE i.course_code IS NULL AND i.course IS NULL AND {new}",
    )


def match_sessions(stage: Stage) -> None:
    """By the code; without one a session is the course's on that day at that place and time, unless it was cancelled."""
    stage.twice(["code"], "code", SESSION_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN facilities_trainingsession t ON t.code = i.code"
    )
    stage.remark(
        "code", NO_SESSION_CODE, f"SELECT i.row FROM import_row i WHERE i.code IS NOT NULL AND {UNKNOWN}"
    )
    courses_of(stage)
    trainers_of(stage, "trainer")
    same = ["course_id", "starts_on", "place", "coalesce(times, '')"]
    stage.twice(same, "starts_on", SESSION_TWICE, "code IS NULL")
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_trainingsession t ON t.course_id = i.course_id AND t.starts_on = i.starts_on"
        " AND t.place = i.place AND t.times = coalesce(i.times, '') AND t.state <> 'cancelled'"
        " WHERE i.code IS NULL ORDER BY i.row, t.id"
    )
    table, modes = "facilities_trainingsession", {v: str(w) for v, w in TrainingSession.Mode.choices}
    days = ("starts_on", "ends_on", "sign_up_until")
    stands(stage, table, {f: f"t.{f}" for f in (*days, "times", "place", "capacity")}, SESSION_STANDS)
    stands(stage, table, {"mode": "t.mode"}, SESSION_STANDS, words=modes)


def save_session(stage: Stage, row: dict) -> None:
    trainer = Trainer.objects.get(pk=row["trainer_id"]) if row["trainer_id"] else None
    training.plan_session(
        Course.objects.get(pk=row["course_id"]),
        actor=stage.actor,
        mode=row["mode"],
        place=row["place"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"] or row["starts_on"],
        sign_up_until=row["sign_up_until"] or row["starts_on"],
        capacity=row["capacity"],
        times=row["times"] or "",
        trainer=trainer,
        today=stage.on,
    )


TRAINING_LISTS = (
    ImportList(
        key="courses", title=marked("课程库"), unit=marked("门"), url="courses", right=RIGHT,
        columns=course_columns, match=match_courses, known_by=(("code",), ("title", "kind", "provider")), order=42,
        trial=import_rows.trial(save_course), write=import_rows.writer(save_course, RIGHT),
        about=marked("按编号，没有编号的按课程、种类和培训单位认；登记过的不改"),
    ),
    ImportList(
        key="training-sessions", title=marked("培训场次"), unit=marked("场"), url="training", right=RIGHT,
        columns=session_columns, match=match_sessions,
        known_by=(("code",), ("course_code", "starts_on"), ("course", "starts_on")), order=44,
        trial=import_rows.trial(save_session), write=import_rows.writer(save_session, RIGHT),
        about=marked("课程先在课程库里登记；安排过的不改"),
    ),
    ImportList(
        key="trainers", title=marked("培训人员"), unit=marked("人"), url="trainers", right=RIGHT,
        columns=trainer_columns, match=match_trainers, known_by=(("name", "organisation"),), order=46,
        trial=import_rows.trial(save_trainer), write=import_rows.writer(save_trainer, RIGHT),
        about=marked("按姓名和单位认；登记过的不改"),
    ),
    ImportList(
        key="trainer-trainings", title=marked("培训人员参加的培训"), unit=marked("条"), url="trainers", right=RIGHT,
        columns=taken_columns, match=match_taken, known_by=(("name", "course", "done_on"),), order=48,
        trial=import_rows.trial(save_taken), write=import_rows.writer(save_taken, RIGHT),
        about=marked("按姓名和单位认人，按课程和完成日期认培训"),
    ),
)  # fmt: skip
