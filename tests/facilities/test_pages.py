"""The pages: filters, order, paging, search, rights, forms that refuse, what is masked and what is logged."""

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from facilities.models import Certificate, Employment, Facility, RecordCheck, StaffMember
from portal.models import Parameter
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.portal import stage as stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(cast):
    """Twelve facilities in two streets with people, beside the cast's own two."""
    with district_scope(cast.minhang):
        for n in range(12):
            made = factories.facility(
                (cast.street, cast.other_street)[n % 2],
                code=f"MH{100 + n}",
                name=f"示例{'安云青海'[n % 4]}园{n}",
                kind=("nursery", "baby_house", "integrated_kindergarten")[n % 3],
                state="suspended" if n == 11 else "operating",
                grade="ABCD"[n % 4],
                inclusive=n % 2 == 0,
                places=10 + (n * 7) % 5,
            )
            factories.employment(made, factories.member(f"示例{n}"))
    return cast


@pytest.fixture
def at(client, cast):
    """Signs in by name and returns a function that fetches a page of a district."""

    def sign_in(name: str, district: str = "minhang"):
        cache.clear()
        client.force_login(cast.users[name])

        def fetch(path: str = "", data=None, post: bool = False, **extra):
            return (client.post if post else client.get)(f"/{district}/{path}", data, **extra)

        return fetch

    return sign_in


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content.decode()[:500]
    return [row["facility"].code for row in response.context["rows"]]


OWN = ["TS0001", "TS0002"]
ALL = [*(f"MH{100 + n}" for n in range(12)), *OWN]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("state=suspended", ["MH111"]),
        ("kind=baby_house", ["MH101", "MH104", "MH107", "MH110"]),
        ("kind=baby_house&grade=B&grade=A", ["MH101", "MH104"]),
        ("inclusive=yes&grade=C", ["MH102", "MH106", "MH110"]),
        ("inclusive=no&ownership=non_profit&kind=nursery", ["MH103", "MH109"]),
        ("ownership=public", []),
        ("q=安海", []),
        ("q=示例安", ["MH100", "MH104", "MH108"]),
        ("q=slqy", ["MH102", "MH106", "MH110"]),
        ("q=mh105", ["MH105"]),
        ("q=haiyuan3", ["MH103"]),
        ("kind=none", ALL),
        ("sort=-code&kind=baby_house", ["MH110", "MH107", "MH104", "MH101"]),
        ("sort=nonsense&state=suspended", ["MH111"]),
    ],
)
def test_the_list_shows_what_the_address_asks(register, at, query, expected):
    assert codes(at("bureau")(f"facilities/?{query}")) == expected


def test_conditions_are_tokens_and_an_unknown_one_is_said(register, at):
    text = at("bureau")("facilities/?kind=baby_house&grade=Z").content.decode()
    assert "宝宝屋" in text and "去掉条件 类型" in text
    assert "没有“Z”" in text or "列表里没有“Z”" in text


def test_streets_can_be_several(register, at, cast):
    page = at("bureau")
    one = codes(page(f"facilities/?street={cast.street.pk}"))
    both = codes(page(f"facilities/?street={cast.street.pk}&street={cast.other_street.pk}"))
    assert set(one) < set(both) == set(ALL)


@pytest.mark.parametrize(
    "sort", ["code", "-code", "name", "-name", "street", "-street", "places", "-places", "grade"]
)
def test_paging_shows_every_row_once_both_ways(register, at, monkeypatch, sort):
    monkeypatch.setattr("facilities.paging.paged.__kwdefaults__", {"size": 4, "total": None})
    page = at("bureau")
    answer = page(f"facilities/?sort={sort}")
    there, first = [codes(answer)], answer.context["page"]
    assert first.before is None and first.start == 1
    while answer.context["page"].after:
        answer = page("facilities/", {"sort": sort, "after": answer.context["page"].after})
        there.append(codes(answer))
    flat = [code for part in there for code in part]
    assert sorted(flat) == sorted(ALL) and [len(part) for part in there] == [4, 4, 4, 2]
    back = [there[-1]]
    while answer.context["page"].before:
        answer = page("facilities/", {"sort": sort, "before": answer.context["page"].before})
        back.insert(0, codes(answer))
    assert back == there and answer.context["page"].start == 1


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "WzFd", "%00", "eyJhIjoxfQ"])
def test_a_cursor_that_is_none_is_refused_in_words(register, at, cursor):
    answer = at("bureau")("facilities/", {"after": cursor})
    assert answer.status_code == 400 and "翻页的位置看不懂" in answer.content.decode()


def test_counts_stop_at_the_cap(register, at, monkeypatch):
    monkeypatch.setattr("facilities.paging.counts.__defaults__", (5,))
    answer = at("bureau")("facilities/?kind=baby_house")
    assert str(answer.context["total"]) == "4"
    assert "5+" in at("bureau")("facilities/").content.decode()


@pytest.mark.parametrize(
    ("who", "district", "expected"),
    [
        ("bureau", "minhang", ALL),
        ("inspector", "minhang", ALL),
        ("city_officer", "minhang", ALL),
        ("officer", "minhang", [*(f"MH{100 + n}" for n in range(0, 12, 2)), "TS0001"]),
        ("operator", "minhang", ["TS0001"]),
        ("stranger", "jinshan", ["TS9001"]),
    ],
)
def test_each_sees_only_what_is_theirs(register, at, who, district, expected):
    assert codes(at(who, district)("facilities/")) == expected


@pytest.mark.parametrize(
    ("who", "own", "other", "status"),
    [
        ("officer", 200, 404, 403),
        ("operator", 200, 404, 403),
        ("bureau", 200, 200, 200),
        ("parent", 404, 404, 403),
    ],
)
def test_a_facility_of_others_does_not_exist(register, at, cast, who, own, other, status):
    page = at(who)
    with district_scope(cast.minhang):
        foreign = Facility.objects.exclude(street=cast.street).order_by("code").first()
    assert page(f"facilities/{cast.facility.pk}/").status_code == own
    assert page(f"facilities/{foreign.pk}/").status_code == other
    assert page("facilities/new/").status_code == status
    assert page(f"facilities/{cast.foreign_facility.pk}/").status_code == 404


def test_a_stranger_finds_no_district(register, at):
    assert at("stranger")("facilities/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "facilities/",
        "facilities/?q=示例&grade=A&sort=name",
        "staff/",
        "staff/?q=示例&certificate=short&training=short&check=overdue",
    ],
)
def test_a_list_takes_twelve_queries_at_most_however_long(register, at, cast, path):
    page = at("bureau")
    page(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(path)
    with district_scope(cast.minhang):
        for n in range(30):
            made = factories.facility(cast.street, name=f"示例多园{n}", grade="A")
            factories.employment(made, factories.member("示例多"))
    with CaptureQueriesContext(connection) as many:
        page(path)
    assert len(counted(many)) == len(counted(few)) <= 12, counted(many)


def counted(captured) -> list[str]:
    """Without the savepoints, which the test's own transaction makes of BEGIN and COMMIT."""
    return [q["sql"] for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]


def form_of(**values) -> dict:
    return {
        "name": "示例星河托育园", "state": "preparing", "kind": "nursery", "ownership": "non_profit",
        "address": "示例路 128 弄", "places": "45", "enrolled": "0", "full_day": "on",
        "video_connected": "unknown", "alarm_connected": "unknown", **values,
    }  # fmt: skip


def test_a_facility_is_registered_by_the_form(cast, at):
    page = at("bureau")
    answer = page("facilities/new/", form_of(street=cast.street.pk), post=True, follow=True)
    assert answer.status_code == 200 and "示例星河托育园" in answer.content.decode()
    with district_scope(cast.minhang):
        assert Facility.objects.get(name="示例星河托育园").places == 45


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"places": "501"}, "填 1 到 500 之间的数"),
        ({"places": ""}, "不能空着"),
        ({"places": "viele"}, "填一个数"),
        ({"state": "operating"}, "在办的机构要有开办日期"),
        ({"opened_on": "2026-02-30"}, "写成 2026-03-18 这样的日期"),
        ({"kind": ""}, "选一个"),
        ({"credit_code": "91350100M000100Y44"}, "末位校验对不上"),
        ({"full_day": ""}, "至少选一样"),
    ],
)
def test_a_form_that_makes_no_sense_is_answered_with_a_summary(cast, at, values, says):
    answer = at("bureau")("facilities/new/", form_of(street=cast.street.pk, **values), post=True)
    text = answer.content.decode()
    assert answer.status_code == 422 and says in text and 'class="errsum"' in text
    with district_scope(cast.minhang):
        assert not Facility.objects.filter(name="示例星河托育园").exists()


def test_a_street_of_another_district_cannot_be_chosen(cast, at):
    answer = at("bureau")("facilities/new/", form_of(street=cast.foreign_facility.street_id), post=True)
    assert answer.status_code == 422


def test_the_second_of_two_who_save_sees_what_changed(cast, at):
    path = f"facilities/{cast.facility.pk}/edit/"
    values = form_of(street=cast.street.pk, name=cast.facility.name, opened_on="2021-03-01", version="1")
    assert at("clerk")(path, {**values, "places": "70"}, post=True).status_code == 302
    answer = at("bureau")(path, {**values, "places": "80"}, post=True)
    text = answer.content.decode()
    assert (
        answer.status_code == 409
        and "托位（60 → 70）" in text
        and 'value="70"' in text
        and 'value="2"' in text
    )
    with district_scope(cast.minhang):
        assert Facility.objects.get(pk=cast.facility.pk).places == 70


@pytest.mark.parametrize("kept", [True, False, None])
def test_the_form_offers_what_is_kept_and_sending_it_back_changes_nothing(cast, at, kept):
    """What is known about camera and alarm is chosen in the form, not 'unknown'."""
    with district_scope(cast.minhang):
        Facility.objects.filter(pk=cast.facility.pk).update(video_connected=kept, alarm_connected=kept)
    page, path = at("bureau"), f"facilities/{cast.facility.pk}/edit/"
    text, sent = page(path).content.decode(), {}
    for name in ("video_connected", "alarm_connected"):
        choice = re.search(rf'<select[^>]*name="{name}".*?</select>', text, re.S)[0]
        chosen = re.findall(r'<option value="(\w+)"[^>]* selected', choice)
        assert chosen == [{True: "true", False: "false", None: "unknown"}[kept]]
        sent[name] = chosen[0]
    values = form_of(street=cast.street.pk, name=cast.facility.name, opened_on="2021-03-01", version="1")
    assert page(path, values | sent | {"places": "61"}, post=True).status_code == 302
    with district_scope(cast.minhang):
        row = Facility.objects.get(pk=cast.facility.pk)
    assert (row.places, row.video_connected, row.alarm_connected) == (61, kept, kept)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("facilities/", "facilities"),
        ("operators/", "facilities"),
        ("proposals/", "facilities"),
        ("map/", "supply"),
        ("neighbourhoods/new/", "supply"),
        ("supply/forecast/", "supply"),
        ("agreement-texts/new/", "consent-texts"),
        ("", "today"),
    ],
)
def test_the_navigation_marks_the_line_that_a_page_belongs_to(cast, at, path, line):
    text = at("bureau")(path).content.decode()
    marked = re.findall(r'<li[^>]*><a href="([^"]+)" aria-current="page"', text)
    assert marked == [reverse(line, args=["minhang"])]


def test_an_operator_keeps_some_fields_and_reads_the_rest(cast, at):
    page, path = at("operator"), f"facilities/{cast.facility.pk}/edit/"
    text = page(path).content.decode()
    assert 'name="enrolled"' in text and 'name="places"' not in text and "由区里登记" in text
    sent = {"enrolled": "12", "full_day": "on", "places": "400", "version": "1"}
    assert page(path, sent, post=True).status_code == 302
    with district_scope(cast.minhang):
        row = Facility.objects.get(pk=cast.facility.pk)
    assert (row.enrolled, row.places) == (12, 60)
    assert page(f"facilities/{cast.facility.pk}/state/").status_code == 403
    grade = {"grade": "A", "reason": "示例原因", "version": "2"}
    assert page(f"facilities/{cast.facility.pk}/grade/", grade, post=True).status_code == 403


def test_a_state_is_changed_with_a_reason(cast, at):
    page, path = at("bureau"), f"facilities/{cast.facility.pk}/state/"
    day = timezone.localdate().isoformat()
    answer = page(path, {"action": "suspend", "on": day, "reason": "", "version": "1"}, post=True)
    assert answer.status_code == 422 and "不能空着" in answer.content.decode()
    answer = page(path, {"action": "resume", "on": day, "reason": "示例原因", "version": "1"}, post=True)
    assert answer.status_code == 422
    answer = page(
        path, {"action": "suspend", "on": day, "reason": "示例原因", "version": "1"}, post=True, follow=True
    )
    assert "暂停" in answer.content.decode() and "示例原因" in answer.content.decode()
    answer = page(path, {"action": "resume", "on": day, "reason": "示例原因", "version": "1"}, post=True)
    assert answer.status_code == 409 and "改过 状态" in answer.content.decode()


def test_a_grade_is_set(cast, at):
    path = f"facilities/{cast.facility.pk}/grade/"
    answer = at("bureau")(path, {"grade": "D", "reason": "示例原因", "version": "1"}, post=True, follow=True)
    assert "风险等级是 D" in answer.content.decode()


@pytest.fixture
def worker(cast):
    with district_scope(cast.minhang):
        member = factories.member("欧阳示例", phone="13900000001")
        return factories.employment(cast.facility, member)


@pytest.mark.parametrize("who", ["bureau", "operator", "officer", "auditor"])
def test_names_and_numbers_are_masked(cast, at, worker, who):
    page = at(who)
    for path in ("staff/", f"staff/{worker.staff_id}/", f"facilities/{cast.facility.pk}/"):
        text = page(path).content.decode()
        assert "欧阳*" in text and "欧阳示例" not in text
        assert worker.staff.identity not in text and "13900000001" not in text
    assert f"310***********{worker.staff.identity[-4:]}" in page(f"staff/{worker.staff_id}/").content.decode()


def test_the_full_number_is_shown_once_and_logged(cast, at, worker):
    page, path = at("operator"), f"staff/{worker.staff_id}/reveal/"
    assert page(path).status_code == 405
    refused = page(path, {"reason": ""}, post=True)
    assert refused.status_code == 422 and worker.staff.identity not in refused.content.decode()
    text = page(path, {"reason": "核对合同"}, post=True).content.decode()
    assert worker.staff.identity in text and "欧阳示例" in text and "13900000001" in text
    with district_scope(cast.minhang):
        entry = AuditEntry.objects.get(action="facilities.staff.reveal")
    assert entry.user == cast.operator and entry.subject_id == worker.staff_id
    assert entry.changes["reason"] == "核对合同"
    assert worker.staff.identity not in page(f"staff/{worker.staff_id}/").content.decode()
    assert "核对合同" in at("bureau")(f"staff/{worker.staff_id}/").content.decode()


@pytest.mark.parametrize("who", ["officer", "auditor", "inspector", "city_officer"])
def test_others_do_not_see_the_full_number(cast, at, worker, who):
    answer = at(who)(f"staff/{worker.staff_id}/reveal/", {"reason": "核对合同"}, post=True)
    assert answer.status_code in (403, 404) and worker.staff.identity not in answer.content.decode()
    with district_scope(cast.minhang):
        assert not AuditEntry.objects.filter(action="facilities.staff.reveal").exists()


def test_staff_is_out_of_reach_for_others(cast, at, worker):
    with district_scope(cast.minhang):
        other = factories.employment(Facility.objects.get(code="TS0002"))
    for who, status in (("officer", 404), ("operator", 404), ("inspector", 404), ("bureau", 200)):
        assert at(who)(f"staff/{other.staff_id}/").status_code == status
    assert at("stranger", "jinshan")(f"staff/{worker.staff_id}/").status_code == 404
    assert at("inspector")("staff/").status_code == 403


def test_a_person_is_hired_certified_trained_checked_and_leaves(cast, at):
    page, day = at("operator"), timezone.localdate()
    sent = {
        "name": "示例周", "identity": factories.identity(7), "phone": "", "post": "carer", "full_time": "on",
        "starts_on": day.isoformat(), "checked_on": (day - timedelta(3)).isoformat(), "found": "no",
    }  # fmt: skip
    new = f"facilities/{cast.facility.pk}/staff/new/"
    answer = page(new, {**sent, "found": "yes"}, post=True)
    assert answer.status_code == 422 and "不得聘用" in answer.content.decode()
    answer = page(new, {**sent, "checked_on": ""}, post=True)
    assert answer.status_code == 422 and "第六十二条" in answer.content.decode()
    answer = page(new, sent, post=True)
    assert answer.status_code == 422 and "育婴师" in answer.content.decode()
    half = {"certificate_number": "YY000", "health_check_number": "JK000"}
    answer = page(new, sent | half, post=True)
    assert answer.status_code == 422 and "选一个" in answer.content.decode()
    papers = half | {
        "certificate_kind": "nursing", "certificate_issued_on": "2022-05-01",
        "health_check_issued_on": (day - timedelta(30)).isoformat(),
        "health_check_valid_until": (day + timedelta(300)).isoformat(), "certificate_upload": stages.png(),
    }  # fmt: skip
    assert page(new, sent | papers, post=True).status_code == 302
    answer = page(new, sent, post=True)
    assert answer.status_code == 422 and "登记在岗" in answer.content.decode()
    with district_scope(cast.minhang):
        work = Employment.objects.get(facility=cast.facility)
    for path, values in (
        (
            "certificates",
            {"kind": "childcare", "number": "YY001", "issued_on": "2022-05-01", "valid_until": ""},
        ),
        (
            "training",
            {
                "kind": "skills",
                "course": "示例课程",
                "provider": "示例单位",
                "hours": "16",
                "done_on": day.isoformat(),
                "passed": "on",
            },
        ),
        ("record-checks", {"checked_on": day.isoformat(), "found": "no"}),
    ):
        url = f"staff/{work.staff_id}/{path}/new/"
        assert page(url).status_code == 200
        assert page(url, values, post=True).status_code == 302
        answer = page(url, values, post=True)
        assert answer.status_code == 422 and "已经登记过" in answer.content.decode()
    text = page(f"staff/{work.staff_id}/").content.decode()
    assert "YY001" in text and "示例课程" in text and "看证书" in text
    with district_scope(cast.minhang):
        scan = work.staff.certificates.get(number="YY000")
    assert page(f"certificates/{scan.pk}/file/")["Content-Type"] == "image/png"
    end = f"employments/{work.pk}/end/"
    assert page(end, {"on": "2019-01-01"}, post=True).status_code == 422
    assert page(end, {"on": day.isoformat(), "reason": "示例"}, post=True).status_code == 302
    assert at("stranger", "jinshan")(f"certificates/{scan.pk}/file/").status_code == 404


def staff_codes(response) -> list[str]:
    return [row["standing"].employment.staff.name for row in response.context["rows"]]


def test_the_staff_list_filters_by_what_is_missing(cast, at):
    day = timezone.localdate()
    with district_scope(cast.minhang):
        people = {}
        for name in ("齐全", "缺证", "过期", "快到期", "没查", "久没查"):
            people[name] = factories.member(name)
            factories.employment(cast.facility, people[name])
        for name, member in people.items():
            until = {"过期": day - timedelta(1), "快到期": day + timedelta(20)}.get(
                name, day + timedelta(400)
            )
            if name != "缺证":
                Certificate.objects.create(
                    staff=member, kind="childcare", number="1", issued_on=date(2020, 1, 1), valid_until=until
                )
            Certificate.objects.create(
                staff=member, kind="health_check", number="2", issued_on=date(2020, 1, 1), valid_until=None
            )
            if name != "没查":
                checked = day - timedelta(400 if name == "久没查" else 30)
                RecordCheck.objects.create(staff=member, checked_on=checked, found=False)
        left = factories.member("离岗")
        factories.employment(cast.facility, left, ends_on=day - timedelta(10))
    page = at("bureau")

    def found(query: str) -> set[str]:
        return set(staff_codes(page(f"staff/?{query}")))

    assert found("") == set(people)
    assert found("certificate=short") == {"缺证", "过期"}
    assert found("certificate=soon") == {"快到期"}
    assert found("check=overdue") == {"没查", "久没查"}
    assert found("left=yes") == {"离岗"}
    assert found("facility=TS0002") == set()
    assert found("post=cook") == set()
    assert found("q=quan") == {"齐全"}
    assert found("training=short") == set(people)


def test_a_facility_with_papers_that_end_is_found(cast, at):
    day = timezone.localdate()
    with district_scope(cast.minhang):
        work = factories.employment(cast.facility)
        Certificate.objects.create(
            staff=work.staff,
            kind="health_check",
            number="2",
            issued_on=date(2020, 1, 1),
            valid_until=day + timedelta(5),
        )
        insured = factories.facility(cast.street, code="MH700", insured_until=day + timedelta(9))
        renewed = factories.employment(factories.facility(cast.street, code="MH701"))
        for until in (day + timedelta(5), day + timedelta(500)):
            Certificate.objects.create(
                staff=renewed.staff,
                kind="food",
                number=str(until),
                issued_on=date(2020, 1, 1),
                valid_until=until,
            )
    page = at("bureau")
    assert codes(page("facilities/?expiring=30")) == [insured.code, cast.facility.code]
    text = page("clocks/card/").content.decode()
    assert "剩 5 天" in text and cast.facility.name in text and "食品从业" not in text
    today = page("").content.decode()
    assert "1 项证照和事项已过期或 7 天内到期" in today
    operator = at("operator")("").content.decode()
    assert "剩 5 天：从业人员健康证" in operator


def test_the_search_from_everywhere_finds_facilities_and_people(cast, at, worker):
    page = at("bureau")
    text = page("search/?q=示例").content.decode()
    assert "欧阳*" in text and "欧阳示例" not in text
    text = at("operator")("search/?q=ouyang").content.decode()
    assert f"/minhang/staff/{worker.staff_id}/" in text
    assert "没有找到" in at("inspector")("search/?q=ouyang").content.decode()


def test_every_page_has_an_address_by_name(cast):
    for name, args in (
        ("facilities", []), ("facility", [1]), ("facility-new", []), ("facility-edit", [1]), ("facility-state", [1]),
        ("facility-grade", [1]), ("staff", []), ("staff-member", [1]), ("staff-new", [1]), ("staff-reveal", [1]),
        ("certificate-new", [1]), ("training-new", [1]), ("record-check-new", [1]), ("employment-end", [1]),
        ("clocks", []), ("emergency", []), ("facility-emergency", [1]),
    ):  # fmt: skip
        assert reverse(name, args=["minhang", *args]).startswith("/minhang/")
    assert StaffMember._meta.get_field("identity")


def test_where_nobody_has_said_which_certificate_nobody_counts_as_complete(register, at):
    with district_scope(register.minhang):
        made = factories.employment(register.facility, factories.member("示例齐全"))
        Certificate.objects.create(
            staff=made.staff, kind="health_check", number="示例1", issued_on=date(2024, 1, 1)
        )
        Parameter.objects.filter(key__startswith="staff.certificates").delete()
        RecordCheck.objects.create(staff=made.staff, checked_on=timezone.localdate(), found=False)
    fetch = at("bureau")
    rows = {row["code"]: row for row in fetch("staff/").context["rows"]}
    mine = rows[made.staff.code]
    assert mine["standing"].certificates == "unset" and mine["standing"].state == "none"
    assert "没有标准" in mine["certificate"] and "没有标准" in mine["state"]
    assert "不算持证上岗" in fetch(f"staff/{made.staff_id}/").content.decode()
    crews = [
        row["crew"] for row in fetch("facilities/").context["rows"] if row["facility"] == register.facility
    ]
    assert "没有标准" in crews[0]
