"""Policy documents and parameters through their pages."""

import re
from datetime import date

import pytest
from django.urls import reverse

from portal.models import AuditEntry, District, Parameter
from portal.rules.parameters import OTHERS, WrongValue, group_of, read_value, show_value
from portal.services.parameters import value
from portal.tenancy import district_scope

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def a_day(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None, timezone=None: ON)


def get(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(name, args=["minhang", *args]), query).content.decode()


def change(client, user, key="order.days_high", **values):
    client.force_login(user)
    given = {"value": "3", "starts_on": "2026-12-01", "basis": "区教育局 2026-11-20 决定", "checked": "on"}
    return client.post(reverse("parameter", args=["minhang", key]), given | values)


def test_the_list_names_each_document_and_that_its_time_is_over(client, cast):
    page = get(client, cast.bureau, "documents")
    assert "闵行区托育服务三年行动计划（2021-2023年）" in page
    assert "闵教字〔2021〕93号" in page
    assert "计划期已过" in page


def test_a_document_shows_clause_by_clause_what_rests_on_it(client, cast):
    page = get(client, cast.bureau, "document", "minhang")
    assert "计划期已过，没有新的文件，仍按它衡量" in page
    clause = page[page.index("<h2>二（二）3</h2>") : page.index("<h2>二（二）4</h2>")]
    assert "不少于72课时的综合技能培训" in clause  # a target
    assert "每人每年综合技能培训课时：72 课时" in clause  # a parameter
    assert "从业人员均需持证上岗" in page  # a rule
    assert "每年对区内托育机构从业人员开展职后培训" in page  # a task
    assert page.index("<h2>二（二）4</h2>") < page.index("附件·任务分工方案·序号1</h2>")


def test_a_target_leads_to_its_page_with_the_figure(client, cast):
    client.force_login(cast.bureau)
    page = client.get("/minhang/documents/minhang/").content.decode()
    links = re.findall(r'href="(/minhang/targets/\d+/)"', page)
    assert len(links) > 20
    assert all(client.get(link).status_code == 200 for link in links[:5])


def test_modes_and_pilot_streets_of_jinshan_are_on_its_page(client, cast):
    client.force_login(cast.stranger)
    page = client.get(reverse("document", args=["jinshan", "jinshan"])).content.decode()
    assert "单独托" in page and "吕巷镇" in page


def test_the_cycle_of_the_city_is_on_its_page(client, cast):
    client.force_login(cast.city_officer)
    page = client.get(reverse("document", args=["shanghai", "shanghai-demonstration"])).content.decode()
    assert "现场审核" in page and "不超过40%(6个)" in page and "发生重大安全责任事故的" in page


def test_an_unknown_document_is_not_found(client, cast):
    client.force_login(cast.bureau)
    assert client.get(reverse("document", args=["minhang", "nothing"])).status_code == 404
    assert client.get(reverse("document", args=["minhang", "jinshan"])).status_code == 404
    assert client.get(reverse("parameter", args=["minhang", "nothing"])).status_code == 404


def test_weak_parameters_ask_to_be_checked(client, cast):
    page = get(client, cast.bureau, "parameters")
    assert "每户每年育儿指导次数" in page and "参数待核对" in page
    weak = get(client, cast.bureau, "parameters", view="weak")
    assert "检查结果公示期限" in weak and "每户每年育儿指导次数" not in weak


def test_a_change_is_a_new_version_and_the_past_stays(client, cast):
    assert change(client, cast.bureau).status_code == 302
    with district_scope(cast.minhang):
        assert value("order.days_high", date(2026, 11, 30)) == 5
        assert value("order.days_high", date(2026, 12, 1)) == 3
        made = Parameter.objects.get(key="order.days_high", starts_on=date(2026, 12, 1))
        assert not made.weak and made.basis == "区教育局 2026-11-20 决定"
        entry = AuditEntry.objects.get(action="portal.parameter.change")
        assert entry.changes["value"] == [5, 3]
    page = get(client, cast.bureau, "parameter", "order.days_high")
    assert "还没到" in page and "现行" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"value": "-1"}, "填 0 或更大的数"),
        ({"value": "五"}, "填 0 或更大的数"),
        ({"value": "999999"}, "不能大于 100000"),
        ({"starts_on": "2026-11-01"}, "不能早于今天"),
        ({"starts_on": "明天"}, "起日：写成"),
        ({"basis": ""}, "依据"),
    ],
)
def test_bad_values_change_nothing(client, cast, values, words):
    response = change(client, cast.bureau, **values)
    assert response.status_code == 422
    assert words in response.content.decode()
    with district_scope(cast.minhang):
        assert Parameter.objects.filter(key="order.days_high").count() == 1


def test_overlapping_versions_are_refused(client, cast):
    change(client, cast.bureau)
    for day in ("2026-12-01", "2026-11-25"):
        response = change(client, cast.bureau, starts_on=day, value="4")
        assert response.status_code == 422
        assert "从 2026-12-01 起已有取值" in response.content.decode()


def test_only_the_bureau_changes(client, cast):
    assert change(client, cast.department).status_code == 403
    assert change(client, cast.city_officer).status_code == 403
    assert change(client, cast.stranger).status_code == 404


@pytest.mark.parametrize(
    ("text", "like", "key", "found"),
    [
        ("12", 5, "", 12),
        ("4.5", 3, "", 4.5),
        ("否", True, "", False),
        ("04-30", "03-31", "", "04-30"),
        ("A 60、B 100", {"A": 50, "B": 100}, "", {"A": 60, "B": 100}),
        ("60, 30", [90, 30, 7], "", [60, 30]),
        ("区、街镇", ["street"], "draw.levels", ["district", "street"]),
        ("每个", "asked", "guidance.newborn_visits_for", "every"),
    ],
)
def test_a_value_keeps_its_shape(text, like, key, found):
    assert read_value(text, like, key) == found
    assert read_value(show_value(found, key), like, key) == found


@pytest.mark.parametrize(
    ("text", "like", "key"),
    [
        ("许多", 5, ""),
        ("也许", True, ""),
        ("明年", "03-31", ""),
        ("", "asked", ""),
        ("没人", "asked", "guidance.newborn_visits_for"),
        ("A", {"A": 1}, ""),
        ("A 1、Z 2", {"A": 1}, ""),
        ("A 多", {"A": 1}, ""),
        ("", [1], ""),
        ("x", [1], ""),
        ("7、7", [1], ""),
        ("-1", [1], ""),
        ("全市", ["street"], "draw.levels"),
        ("2026-13-01", "2021-01-01", ""),
        ("02-31", "03-31", ""),
    ],
)
def test_a_value_of_another_shape_is_refused(text, like, key):
    with pytest.raises(WrongValue):
        read_value(text, like, key)


@pytest.mark.parametrize("slug", ["minhang", "jinshan", "pudong", "shanghai"])
def test_each_shipped_value_can_be_read_back_as_it_is_shown(slug):
    with district_scope(District.objects.get(slug=slug)):
        for one in Parameter.objects.all():
            assert read_value(show_value(one.value, one.key), one.value, one.key) == one.value
            assert group_of(one.key) != OTHERS
