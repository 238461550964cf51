"""People, certificates, training, kindergartens and residents from spreadsheets."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from facilities.models import (
    Certificate,
    Employment,
    Kindergarten,
    Population,
    RecordCheck,
    StaffMember,
    TrainingRecord,
)
from facilities.services.staff import identity_hash
from portal.models.policy import Parameter
from portal.services import imports
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.portal.spreadsheets import read, sentences, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
HEAD = (
    "姓名", "身份证号码", "手机号", "机构名称", "岗位", "入职日期", "离职日期", "查询日期", "查询结果", "证书种类",
    "证书编号", "发证日期", "有效期至", "健康证编号", "体检日期", "健康证到期",
)  # fmt: skip


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def bureau(scene):
    return scene.actor("bureau")


def person(number: int, place: str = "示例云杉托育园", **changed) -> tuple:
    row = {
        "姓名": "示例甲", "身份证号码": factories.identity(number), "手机号": "13800000000", "机构名称": place,
        "岗位": "保育师", "入职日期": "2024-09-01", "查询日期": "2026-01-05", "查询结果": "无", "证书种类": "育婴师",
        "证书编号": f"Y{number}", "发证日期": "2021-06-30", "健康证编号": f"JK{number}", "体检日期": "2026-01-01",
        "健康证到期": "2026-12-31",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in HEAD)


def test_a_person_comes_in_with_work_papers_and_inquiry(bureau):
    run = read("staff", HEAD, person(1), actor=bureau, on=TODAY)
    assert (run.counts["new"], run.counts["wrong"]) == (1, 0), sentences(run)
    run = write(run, actor=bureau, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    member = StaffMember.objects.get(identity_hash=identity_hash(factories.identity(1)))
    assert (member.name, member.identity, member.phone) == ("示例甲", factories.identity(1), "13800000000")
    (work,) = Employment.objects.filter(staff=member)
    assert (work.post, work.starts_on, work.facility.code) == ("carer", date(2024, 9, 1), "TS0001")
    assert set(member.certificates.values_list("kind", "number")) == {
        ("childcare", "Y1"),
        ("health_check", "JK1"),
    }
    assert list(member.record_checks.values_list("checked_on", "before_hire")) == [(date(2026, 1, 5), False)]
    again = read("staff", HEAD, person(1), actor=bureau, on=TODAY)
    assert (again.counts["same"], again.counts["rows"]) == (1, 1)


def test_no_number_stands_in_clear_in_any_table(bureau):
    run = read(
        "staff",
        HEAD,
        person(1),
        (*person(2)[:1], factories.identity(2)[:-1], *person(2)[2:]),
        actor=bureau,
        on=TODAY,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, '') FROM portal_importline l")
        text = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(i::text, '') FROM import_row i")
        text += cursor.fetchone()[0]
    assert run.counts["wrong"] == 1
    for number in (factories.identity(1), factories.identity(2)[:-1], "13800000000"):
        assert number not in text


def test_who_works_already_gets_what_is_new(bureau):
    write(read("staff", HEAD, person(1), actor=bureau, on=TODAY), actor=bureau, on=TODAY)
    later = person(
        1,
        离职日期="2026-03-10",
        查询日期="2026-02-20",
        健康证编号="JK9",
        证书编号="",
        证书种类="",
        发证日期="",
    )
    run = read("staff", HEAD, later, actor=bureau, on=TODAY)
    (line,) = run.lines.all()
    assert (line.outcome, set(line.changes)) == ("changed", {"ends_on", "checked_on", "health_number"})
    assert write(run, actor=bureau, on=TODAY).state == "done"
    assert Employment.objects.get(staff__name="示例甲").ends_on == date(2026, 3, 10)
    assert Certificate.objects.filter(number="JK9").count() == 1
    assert RecordCheck.objects.count() == 2
    assert read("staff", HEAD, later, actor=bureau, on=TODAY).counts["same"] == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"身份证号码": factories.identity(1)[:-1] + "?"}, "这里不会有这个字符"),
        ({"机构名称": "没有这家"}, "名册里没有这家机构"),
        ({"查询结果": "有"}, "不得聘用"),
        ({"入职日期": "2026-03-01", "查询日期": ""}, "聘用前要查违法犯罪记录"),
        (
            {
                "入职日期": "2026-03-01",
                "查询日期": "2026-02-01",
                "证书编号": "",
                "证书种类": "",
                "发证日期": "",
            },
            "这个岗位要育婴师或",
        ),
        ({"入职日期": "2026-03-01", "查询日期": "2025-02-28"}, "查询离到岗超过 12 个月"),
        ({"离职日期": "2024-01-01"}, "不能早于到岗日期"),
        ({"发证日期": ""}, "有证书就要填种类、编号和发证日期"),
        ({"岗位": "飞行员"}, "可填：负责人、保育人员"),
        ({"手机号": "123"}, "11 位手机号"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_hire_is_refused_for_keeps_a_row_out(changed, says, bureau):
    run = read("staff", HEAD, person(1, **changed), actor=bureau, on=TODAY)
    assert run.counts["wrong"] == 1
    assert says in "；".join(sentences(run)), sentences(run)


def test_a_known_number_under_another_name_and_work_elsewhere(bureau, scene):
    write(read("staff", HEAD, person(1), actor=bureau, on=TODAY), actor=bureau, on=TODAY)
    run = read("staff", HEAD, person(1, place="示例青果托育园", 入职日期="2026-02-01", 姓名="示例乙",
        查询日期="2026-01-20"), actor=bureau, on=TODAY)  # fmt: skip
    said = "；".join(sentences(run))
    assert "另一个姓名" in said and "在示例云杉托育园登记在岗" in said


def test_who_is_banned_anywhere_comes_in_nowhere_and_nobody_learns_why(bureau, scene, monkeypatch):
    from facilities import across

    banned = identity_hash(factories.identity(1))
    monkeypatch.setattr(across, "banned", lambda hashes: {banned} & set(hashes))
    run = read("staff", HEAD, person(1), person(2), actor=bureau, on=TODAY)
    assert list(sentences(run)) == ["B2 这个人不能聘用。要知道原因，联系区托育服务指导中心"]


def test_an_operator_brings_in_the_own_people_only(scene):
    operator = scene.actor("operator")
    run = read("staff", HEAD, person(1), person(2, place="示例青果托育园"), actor=operator, on=TODAY)
    assert run.counts["new"] == 1
    assert sentences(run) == ["D3 名册里没有这家机构。核对名称，或填机构编号"]


TRAINING = ("身份证号", "姓名", "类别", "课程名称", "培训单位", "学时", "日期")


def test_training_by_number_or_code_once(bureau, scene):
    member = factories.member(
        "示例甲", identity=factories.identity(1), identity_hash=identity_hash(factories.identity(1))
    )
    row = (factories.identity(1), "示例甲", "技能", "示例课", "示例单位", "8 课时", "20260310")
    run = read("training", TRAINING, row, row, actor=bureau, on=TODAY)
    assert sentences(run) == ["D3 和第 2 行是同一次培训。留一行"]
    write(run, actor=bureau, on=TODAY, without_wrong=True)
    assert TrainingRecord.objects.get(staff=member).hours == 8
    head = ("人员编号", *TRAINING[1:])
    changed = read("training", head, (member.code, *row[1:5], 9, row[6]), actor=bureau, on=TODAY)
    assert (changed.counts["changed"], changed.counts["cells"]) == (1, 1)
    write(changed, actor=bureau, on=TODAY)
    assert TrainingRecord.objects.get(staff=member).hours == 9
    unknown = read("training", head, ("MHR99999", *row[1:]), actor=bureau, on=TODAY)
    assert "没有这个人" in sentences(unknown)[0]


def test_certificates_by_number(bureau, scene):
    member = factories.member("示例甲", birth_year=1990)
    head = ("人员编号", "姓名", "证书种类", "证书编号", "发证日期", "有效期")
    good = (member.code, "示例甲", "保育员证", "B1", "2022-06-01", "2027-05-31")
    young = (member.code, "示例甲", "保育师", "B2", "2000-06-01", "")
    run = read("certificates", head, good, young, actor=bureau, on=TODAY)
    assert sentences(run) == ["E3 发证时持证人还不到 16 岁。核对日期"]
    write(run, actor=bureau, on=TODAY, without_wrong=True)
    assert Certificate.objects.get(number="B1").kind == "nursing"
    changed = read("certificates", head, (*good[:5], "2028-05-31"), actor=bureau, on=TODAY)
    write(changed, actor=bureau, on=TODAY)
    assert Certificate.objects.get(number="B1").valid_until == date(2028, 5, 31)


def test_kindergartens_and_their_nursery_classes(bureau, scene):
    integrated = factories.facility(scene.street, kind="integrated_kindergarten")
    head = ("编号", "名称", "街镇", "性质", "开办日期", "托班机构编号")
    good = ("K1", "示例幼儿园", "七宝镇", "公办", "2010年9月1日", integrated.code)
    wrong = ("K2", "示例二幼儿园", "七宝镇", "公办", "2010-09-01", scene.facility.code)
    run = read("kindergartens", head, good, wrong, actor=bureau, on=TODAY)
    assert sentences(run) == [f"F3 {scene.facility.code} 不是托幼一体"]
    write(run, actor=bureau, on=TODAY, without_wrong=True)
    assert Kindergarten.objects.get(code="K1").facility == integrated
    run = read("kindergartens", head, (*good[:3], "民办非营利", *good[4:]), actor=bureau, on=TODAY)
    write(run, actor=bureau, on=TODAY)
    assert Kindergarten.objects.get(code="K1").ownership == "non_profit"
    assert (
        read("kindergartens", head, (*good[:3], "民非", *good[4:]), actor=bureau, on=TODAY).counts["same"]
        == 1
    )


RESIDENTS = ("街镇", "年份", "常住人口", "3岁以下人口", "1-3岁人口", "来源", "更正说明")


def test_residents_of_streets_by_version(bureau, scene):
    row = ("七宝", "2025年", 100000, 3000, 2000, "区统计局年报", "")
    run = read(
        "residents",
        RESIDENTS,
        row,
        ("古美街道", 2025, 100, 3000, 5000, "区统计局年报", ""),
        actor=bureau,
        on=TODAY,
    )
    assert run.counts["new"] == 1 and "口径不能混" in "；".join(sentences(run))
    write(run, actor=bureau, on=TODAY, without_wrong=True)
    standing = Population.objects.in_force().filter(street=scene.street, year=2025)
    assert dict(standing.values_list("kind", "count")) == {
        "total": 100000,
        "under_three": 3000,
        "one_to_three": 2000,
    }
    assert read("residents", RESIDENTS, row, actor=bureau, on=TODAY).counts["same"] == 1
    other = ("七宝", 2025, 110000, 3000, 2000, "区统计局年报", "")
    assert "写明为什么改" in sentences(read("residents", RESIDENTS, other, actor=bureau, on=TODAY))[0]
    run = read("residents", RESIDENTS, (*other[:6], "年报更正"), actor=bureau, on=TODAY)
    assert run.counts["changed"] == 1
    assert write(run, actor=bureau, on=TODAY).state == "done"
    assert standing.get(kind="total").count == 110000 and standing.get(kind="total").version == 2


def test_a_street_proposes_its_own_figures_only(scene):
    officer = scene.actor("officer")
    rows = [
        ("七宝", 2025, 100000, 3000, 2000, "街道统计站", ""),
        ("古美", 2025, 100000, 3000, 2000, "街道统计站", ""),
    ]
    run = read("residents", RESIDENTS, *rows, actor=officer, on=TODAY)
    assert sentences(run) == ["A3 只能填自己街镇的人口数"]
    write(run, actor=officer, on=TODAY, without_wrong=True)
    assert Population.objects.proposed().count() == 3 and not Population.objects.in_force().exists()
    assert read("residents", RESIDENTS, rows[0], actor=officer, on=TODAY).counts["same"] == 1


def test_what_is_young_is_measured_on_the_day_of_the_import(bureau):
    late = (TODAY + timedelta(1)).isoformat()
    run = read("staff", HEAD, person(1, 离职日期=late), actor=bureau, on=TODAY)
    assert "还没到这一天" in "；".join(sentences(run))


def test_how_old_an_inquiry_may_be_is_the_districts_parameter(bureau):
    lately = person(1, 入职日期="2026-03-01", 查询日期="2025-06-30")
    assert read("staff", HEAD, lately, actor=bureau, on=TODAY).counts["wrong"] == 0
    Parameter.objects.filter(key="record_check.months").update(value=6)
    run = read("staff", HEAD, lately, actor=bureau, on=TODAY)
    assert run.counts["wrong"] == 1 and "超过 6 个月" in "；".join(sentences(run))
