"""A further district, opened by the city: what it begins with, who may, what is refused."""

import re
from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from facilities.models.rulebook import Rule
from inspections.models import Checklist, InspectionPlan
from inspections.services import plan_queue
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, District, Membership, Parameter, PolicyDocument, Street, Unit, User
from portal.models.places import UnitMember
from portal.models.policy import Clause
from portal.rules import opening as rules
from portal.rules.rights import Role
from portal.services import districts, parameters, people, reference
from portal.tasks import prepare_district
from portal.tenancy import district_scope
from targets import opening_queue
from targets.metrics.base import Period
from targets.metrics.registry import FAMILIES
from targets.models import Target
from targets.services import plan_base, rollup

pytestmark = pytest.mark.django_db
STREETS = (
    "310104003 天平路街道\n３１０１０４００４\t湖南路街道\n310104103000，华泾镇\n\n310104501 漕河泾开发区"
)
VALUES = {
    "name": "徐汇区", "code": "310104", "slug": "xuhui", "prefix": "XH", "bureau": "徐汇区教育局", "streets": STREETS,
}  # fmt: skip
ADMIN = {"username": "xh-secadmin", "person": "示例徐安"}
NEW = "/shanghai/districts/new/"


@pytest.fixture
def admin(cast):
    """The city's system administrator."""
    user = User.objects.create(username="cast-city-admin", name="示例市管")
    with district_scope(cast.city):
        Membership.objects.create(user=user, role=Role.SYSTEM_ADMIN, starts_on=date(2020, 1, 1))
    return user


def opened(cast, admin, **changes) -> District:
    with district_scope(cast.city):
        actor = Actor.of(admin, cast.city)
        place, _user, _password = districts.open_district(VALUES | changes, **ADMIN, actor=actor)
    return place


def ready(place: District) -> District:
    prepare_district(place.pk)
    return District.objects.get(pk=place.pk)


def test_a_district_begins_with_streets_units_rules_parameters_and_one_account(cast, admin):
    place = opened(cast, admin)
    assert not place.ready
    place = ready(place)
    assert place.ready and place.opened_at
    with district_scope(place):
        assert dict(Street.objects.values_list("name", "kind")) == {
            "天平路街道": "subdistrict", "湖南路街道": "subdistrict", "华泾镇": "town", "漕河泾开发区": "park",
        }  # fmt: skip
        assert len(set(Street.objects.values_list("tile_column", "tile_row"))) == 4
        names = set(Unit.objects.values_list("name", flat=True))
        assert {
            "徐汇区教育局",
            "天平路街道办事处",
            "湖南路街道办事处",
            "华泾镇人民政府",
            "漕河泾开发区管委会",
            "各街镇",
        } == names
        members = UnitMember.objects.filter(collective__name="各街镇").values_list(
            "member__street__name", flat=True
        )
        assert set(members) == {"天平路街道", "湖南路街道", "华泾镇"}
        assert Parameter.objects.filter(key="report.due_day").exists() and Rule.objects.exists()
        assert Checklist.objects.exists() and Target.objects.filter(document__key="own").exists()
        assert not InspectionPlan.objects.exists()  # the year is planned by the district itself
        assert Membership.objects.get().role == Role.SECURITY_ADMIN
        assert AuditEntry.objects.filter(action="portal.district.prepare").exists()
    with district_scope(cast.city):
        assert AuditEntry.objects.filter(action="portal.district.open", subject="徐汇区").exists()


def test_a_message_that_comes_twice_lays_it_down_once(cast, admin):
    place = opened(cast, admin)
    assert prepare_district(place.pk) is True
    assert prepare_district(place.pk) is False
    with district_scope(place):
        assert Street.objects.count() == 4


def test_what_others_have_is_not_seen_there_and_theirs_not_here(cast, admin):
    place = ready(opened(cast, admin))
    with district_scope(place):
        assert (
            not Street.objects.filter(name="七宝镇").exists()
            and not PolicyDocument.objects.exclude(key="own").exists()
        )
    with district_scope(cast.minhang):
        assert not Street.objects.filter(name="天平路街道").exists()


def test_the_reference_data_of_the_next_release_reach_it_too(cast, admin):
    place = ready(opened(cast, admin))
    tallies = reference.load_reference(force=True)
    assert place.slug in tallies
    with district_scope(place):
        assert Street.objects.count() == 4 and Unit.objects.count() == 6


def test_the_first_person_signs_in_and_opens_the_next_account(cast, admin, client):
    client.force_login(admin)
    page = client.post(NEW, VALUES | ADMIN)
    assert page.status_code == 200 and "只显示这一次" in page.content.decode()
    password = page.context["password"]
    assert "正在准备" in client.get("/shanghai/districts/").content.decode()
    ready(District.objects.get(slug="xuhui"))
    assert "已开通" in client.get("/shanghai/districts/").content.decode()
    client.logout()
    assert client.post("/sign-in/", {"username": "xh-secadmin", "password": password}).status_code == 302
    answer = client.post("/password/", {"old": password, "new": "Xuhui-2026-new", "again": "Xuhui-2026-new"})
    assert answer.status_code == 302
    with district_scope(310104):
        bureau = Unit.objects.get(kind="education").pk
    made = client.post(
        "/xuhui/people/new/", {"username": "xh-bureau", "name": "示例徐教", "role": "bureau", "unit": bureau}
    )
    assert made.status_code == 200 and made.context["password"]
    client.force_login(User.objects.get(username="xh-bureau"))
    User.objects.filter(username="xh-bureau").update(must_change_password=False)
    for path in (
        "",
        "targets/",
        "tasks/",
        "documents/",
        "parameters/",
        "reports/",
        "rulebook/",
        "units/",
        "facilities/",
    ):
        assert client.get(f"/xuhui/{path}").status_code == 200, path
    assert client.get("/minhang/targets/").status_code == 404
    assert client.get("/public/xuhui/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("code", "31010", "6 位数字"), ("code", "440104", "6 位数字"), ("code", "310000", "6 位数字"),
        ("code", "310112", "310112"), ("slug", "Xu hui", "小写字母"), ("slug", "public", "小写字母"),
        ("slug", "minhang", "minhang"), ("prefix", "xh", "大写字母"), ("prefix", "MH", "MH"), ("name", "闵行区", "闵行区"),
        ("bureau", "教", "教育局名称"), ("streets", "", "街镇"), ("streets", "310104003", "第 1 行"),
        ("streets", "310112003 天平路街道", "第 1 行"), ("streets", "310104003 天平路", "第 1 行"),
        ("streets", "310104003 天平路街道\n310104003 湖南路街道", "第 2 行"), ("username", "!", "小写字母"),
        ("username", "cast-bureau", "换一个"), ("person", " ", "姓名"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused_at_its_place(cast, admin, client, field, value, word):
    client.force_login(admin)
    before = District.objects.count(), User.objects.count()
    if field == "username" and value == "cast-bureau":
        value = cast.bureau.username
    answer = client.post(NEW, VALUES | ADMIN | {field: value})
    assert answer.status_code in (409, 422)
    page = answer.content.decode()
    assert word in page and "Traceback" not in page
    assert (District.objects.count(), User.objects.count()) == before


def test_all_that_is_wrong_is_told_at_once(cast, admin, client):
    client.force_login(admin)
    answer = client.post(NEW, VALUES | ADMIN | {"prefix": "MH", "slug": "minhang", "streets": "310104003"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "第 1 行" in page
    assert "“MH”已有别的区在用" in page and "“minhang”已有别的区在用" in page


def test_a_new_district_is_told_its_whole_address_and_a_password_to_read_aloud(cast, admin, client):
    client.force_login(admin)
    page = client.post(NEW, VALUES | ADMIN).content.decode()
    assert "http://testserver/xuhui/" in page
    (password,) = re.findall(r"\b\w{4}-\w{4}-\w{4}\b", page)
    assert not set(password) & set("Il1O0o") and User.objects.get(username="xh-secadmin").check_password(
        password
    )


def test_nobody_else_opens_one(cast, admin, client):
    for name in ("bureau", "head", "officer"):
        with district_scope(cast.minhang), pytest.raises(Denied):
            districts.open_district(VALUES, **ADMIN, actor=cast.actor(name))
    user = User.objects.create(username="cast-mh-admin", name="示例区管")
    with district_scope(cast.minhang):
        Membership.objects.create(user=user, role=Role.SYSTEM_ADMIN, starts_on=date(2020, 1, 1))
        with pytest.raises(Denied):  # a district's own system administrator
            districts.open_district(VALUES, **ADMIN, actor=Actor.of(user, cast.minhang))
    client.force_login(user)
    assert client.get("/minhang/districts/").status_code == 404
    client.force_login(cast.city_officer)
    assert client.get("/shanghai/districts/").status_code == 403
    assert client.post(NEW, VALUES | ADMIN).status_code == 403
    assert not District.objects.filter(slug="xuhui").exists()


def test_one_that_failed_is_prepared_again_and_nothing_of_it_stayed(cast, admin, client, monkeypatch):
    place = opened(cast, admin)
    with monkeypatch.context() as broken:
        broken.setattr(reference, "load_into", lambda district: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare_district(place.pk)
    with district_scope(place):
        assert not Street.objects.exists()
    client.force_login(admin)
    again = f"/shanghai/districts/{place.pk}/again/"
    assert client.post(again).status_code == 302
    ready(place)
    assert client.post(again).status_code == 409
    assert client.post("/shanghai/districts/310999/again/").status_code == 404


def test_two_at_once_open_one(cast, admin):
    opened(cast, admin)
    with pytest.raises(Conflict):
        opened(cast, admin)
    with pytest.raises(Refused):
        opened(cast, admin, code="310105", slug="x", name="示例区", prefix="SL")


def test_a_line_of_streets_is_understood_as_it_is_pasted():
    rows, faults = rules.streets(STREETS, "310104")
    assert faults == [] and [row["code"][-3:] for row in rows] == ["003", "004", "103", "501"]
    assert [row["is_street"] for row in rows] == [True, True, True, False]
    many = "\n".join(f"310104{n:03d} 示例{n}街道" for n in range(81))
    assert rules.streets(many, "310104")[1] == [(81, "many")]
    assert rules.government("星火农场") == ""


# --- who belongs to a collective unit ------------------------------------------------------------------------------


def test_the_bureau_says_who_belongs_to_a_collective_unit(cast, client):
    from portal.models.places import Unit as Row

    with district_scope(cast.minhang):
        every = Row.objects.create(
            slug="x-members", name="示例成员单位", kind="other", collective=True, members_known=False
        )
        two = list(Row.objects.filter(collective=False)[:2])
        stated = Row.objects.filter(collective=True, members_known=True).first()
    client.force_login(cast.bureau)
    address = "/minhang/units/x-members/members/"
    assert "定成员" in client.get("/minhang/units/x-members/").content.decode()
    assert client.post(address, {"members": [unit.pk for unit in two]}).status_code == 302
    with district_scope(cast.minhang):
        assert set(UnitMember.objects.filter(collective=every).values_list("member", flat=True)) == {
            unit.pk for unit in two
        }
    assert client.post(address, {"members": [two[0].pk]}).status_code == 302
    with district_scope(cast.minhang):
        assert UnitMember.objects.get(collective=every).member == two[0]
        assert AuditEntry.objects.filter(action="portal.unit.members").count() == 2
    assert (
        client.post(address, {"members": [two[0].pk]}).status_code == 302
    )  # the same again is not on record
    with district_scope(cast.minhang):
        assert AuditEntry.objects.filter(action="portal.unit.members").count() == 2
    for wrong in ([], [every.pk], ["x"], [10**9]):
        answer = client.post(address, {"members": wrong})
        assert answer.status_code == 422 and ("成员" in answer.content.decode())
    answer = client.post(f"/minhang/units/{stated.slug}/members/", {"members": [two[0].pk]})
    assert answer.status_code == 409 and "由文件写明" in answer.content.decode()
    client.force_login(cast.head)
    assert client.post(address, {"members": [two[0].pk]}).status_code == 403


@pytest.fixture
def bureau(cast, admin):
    """The new district and an officer of its bureau."""
    place = ready(opened(cast, admin))
    user = User.objects.create(username="xh-bureau", name="示例徐办")
    with district_scope(place):
        Membership.objects.create(
            user=user, role=Role.BUREAU, unit=Unit.objects.get(kind="education"), starts_on=date(2020, 1, 1)
        )
    return place, user


def test_what_only_documents_of_others_say_is_listed_until_the_district_gives_it(client, bureau):
    place, user = bureau
    client.force_login(user)
    with district_scope(place):  # what all others say alike is there to begin with, and to be checked
        row = Parameter.objects.get(key="staff.certificates_cook")
        assert row.weak and row.value == ["food"] and "请核对" in row.basis
        assert all(one.weak for one in Parameter.objects.filter(basis__contains="参照"))
        assert not Parameter.objects.filter(key="baby_house.quota_percent").exists()
    shown = client.get("/xuhui/parameters/?view=missing").content.decode()
    assert "/xuhui/parameters/plan.from/" in shown and "/xuhui/parameters/city.districts/" not in shown
    one = "/xuhui/parameters/plan.from/"
    assert "本区还没有取值" in client.get(one).content.decode()
    given = {"value": "2026-01-01", "starts_on": "2026-01-01", "basis": "示例文件 一"}
    for changes, words in (
        ({"value": "今年"}, "照原来的写法"),
        ({"starts_on": "1999-12-31"}, "最早从 2000-01-01"),
        ({"basis": ""}, "依据"),
    ):
        answer = client.post(one, given | changes)
        assert answer.status_code == 422 and words in answer.content.decode()
    with district_scope(place):
        assert not Parameter.objects.filter(key="plan.from").exists()
    assert client.post(one, given | {"checked": "on"}).status_code == 302
    with district_scope(place):
        row = Parameter.objects.get(key="plan.from")
        assert (row.value, row.starts_on, row.weak) == ("2026-01-01", date(2026, 1, 1), False)
        assert row.label == "三年行动计划（实施方案）起算日"
    assert one not in client.get("/xuhui/parameters/?view=missing").content.decode()
    assert client.get("/xuhui/parameters/no.such/").status_code == 404


def test_a_first_value_comes_from_a_clause_of_the_districts_own_plan(bureau):
    place, user = bureau
    with district_scope(place):
        actor = Actor.of(user, place)
        assert "guidance.sessions_per_year" in plan_base.parameter_labels()
        assert plan_base.known().parameters["guidance.sessions_per_year"][1] == date.min
        clause = Clause.objects.filter(document__key="own").first()
        with pytest.raises(Refused, match="育儿指导次数"):
            parameters.change_by_document(
                "guidance.sessions_per_year", "很多", clause=clause, starts_on=date(2026, 1, 1), actor=actor
            )
        row = parameters.change_by_document(
            "guidance.sessions_per_year", "8", clause=clause, starts_on=date(2026, 1, 1), actor=actor
        )
        assert (row.value, row.unit) == (8, "次")
        assert "（现在 8 次）" in plan_base.parameter_labels()["guidance.sessions_per_year"]


def test_it_plans_its_first_year_itself_and_is_not_late_before_it_was_there(client, bureau):
    place, user = bureau
    client.force_login(user)
    year = timezone.localdate().year
    with district_scope(place):
        place.opened_at = timezone.make_aware(datetime(year, 4, 20, 9))
        assert plan_queue.clock(place, year, date(year, 11, 1)) == "doing"
        assert plan_queue.clock(place, year + 1, date(year + 1, 4, 1)) == "bad"
    assert client.post("/xuhui/plans/new/", {"year": year}).status_code == 302
    with district_scope(place):
        (line,) = InspectionPlan.objects.get(year=year).schemes.all()
        assert line.rates_permille and line.clause is None and line.name == "每月街镇双随机"
    assert client.get(f"/xuhui/plans/{year}/").status_code == 200


def test_its_pages_say_what_comes_first_and_the_examples_are_its_own(client, bureau):
    place, user = bureau
    client.force_login(user)
    tasks = client.get("/xuhui/tasks/").content.decode()
    assert "公布了列有任务的文件" in tasks and "各区的任务分工在各区里看" not in tasks
    targets = client.get("/xuhui/targets/").content.decode()
    assert "点“算出数字”现在就算" in targets
    with district_scope(place):
        street = Street.objects.order_by("code").first().name
    page = client.get(reverse("import-new", args=["xuhui", "facilities"])).content.decode()
    assert "XH0012" in page and street in page
    assert "七宝镇" not in page and "MH0012" not in page and "91310112" not in page


def test_what_a_figure_lacks_is_called_by_its_name(client, bureau):
    place, _user = bureau
    with district_scope(place):
        unknown: dict[str, str] = {}
        families = {family: list(family.metrics) for family in FAMILIES}
        rollup.raw_figures(families, Period.year(2026, date(2026, 11, 1)), {}, unknown)
    said = " ".join(unknown.values())
    assert "缺参数" in said and "育儿指导" in said and "guidance." not in said and "staff." not in said


def test_todays_page_leads_through_the_first_steps_until_they_are_done(cast, admin, bureau):
    place, user = bureau
    with district_scope(place):
        actor = Actor.of(user, place)
        urls = [one.url for one in opening_queue.waiting(actor)]
        assert urls == [
            "/xuhui/document-drafts/", "/xuhui/parameters/?view=missing", "/xuhui/imports/", "/xuhui/reports/settings/",
        ]  # fmt: skip
        PolicyDocument.objects.create(key="plan", title="示例计划")
        assert urls[0] not in [one.url for one in opening_queue.waiting(actor)]
        secadmin = Actor.of(User.objects.get(username="xh-secadmin"), place)
        assert not opening_queue.waiting(secadmin)  # the bureau has its first account
        Membership.objects.filter(role=Role.BUREAU).delete()
        assert [one.url for one in opening_queue.waiting(secadmin)] == ["/xuhui/people/"]
    with district_scope(cast.minhang):
        assert not opening_queue.waiting(cast.actor("bureau"))


def test_a_point_outside_of_the_city_is_refused_and_an_officer_of_one_street_works_in_its_office(bureau):
    place, _user = bureau
    assert place.surroundings == District.objects.get(level="city").surroundings
    with district_scope(place):
        street = Street.objects.get(name="华泾镇")
        actor = Actor.of(User.objects.get(username="xh-secadmin"), place)
        officer = User.objects.create(username="xh-huajing", name="示例华泾")
        given = people.give_role(
            officer, Role.STREET_OFFICER, actor=actor, on=date(2026, 1, 1), streets=[street]
        )
        assert given.unit.name == "华泾镇人民政府"
