"""Accounts with roles, and who keeps which facility, from spreadsheets."""

from __future__ import annotations

import io

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from facilities.models import FacilityGrant
from portal.errors import Denied, Refused
from portal.models import AuditEntry, Unit
from portal.models.people import Membership, StreetGrant, User
from portal.services import exports, imports, passwords, people
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from tests.portal.spreadsheets import cells_of, read, sentences, upload, write

pytestmark = pytest.mark.django_db
HEAD = ("登录名", "姓名", "角色", "所在单位", "负责街镇")
KEEPERS = ("机构名称", "账号")


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        cast.by = cast.actor("security_admin")
        yield cast


def good(scene):
    return (
        HEAD,
        ("li.one", "李示例", "街镇干部", "", f"{scene.street.name}、{scene.other_street.name}"),
        ("Wang.Two", "王示例", "举办者", "", ""),
        ("zhao.three", "赵示例", "部门工作人员", scene.health_unit.name, ""),
        ("zhao.three", "赵示例", "审核人员", "", ""),
    )


def test_a_unit_is_known_by_what_else_it_is_called_where_that_means_one_only(scene):
    unit, other = scene.health_unit, Unit.objects.get(slug="minhang-education")
    Unit.objects.filter(pk=unit.pk).update(
        aliases=["示例别名", "两家都叫的", other.name], full_name="上海市示例全称"
    )
    Unit.objects.filter(pk=other.pk).update(aliases=["两家都叫的"])
    said = {"zhao.one": "示例别名", "zhao.two": "上海市示例全称", "zhao.three": other.name}
    rows = [(account, "赵示例", "部门工作人员", name, "") for account, name in said.items()]
    run = read("people", HEAD, *rows, actor=scene.by)
    assert run.counts["wrong"] == 0, sentences(run)
    write(run, actor=scene.by)
    found = dict(Membership.objects.filter(user__username__in=said).values_list("user__username", "unit_id"))
    assert found == {"zhao.one": unit.pk, "zhao.two": unit.pk, "zhao.three": other.pk}, (
        "a name is nobody's alias"
    )
    run = read("people", HEAD, ("zhao.four", "赵示例", "部门工作人员", "两家都叫的", ""), actor=scene.by)
    assert run.counts["wrong"] == 1


def test_who_lacks_a_unit_is_told_where_units_come_from(scene):
    with pytest.raises(Refused, match="政策文件的“新单位”里加上"):
        people.give_role(scene.inspector, "department", actor=scene.by, on=timezone.localdate())


def test_accounts_come_in_with_roles_units_and_streets_and_the_file_again_changes_nothing(scene):
    run = read("people", *good(scene), actor=scene.by)
    assert (run.counts["new"], run.counts["wrong"]) == (4, 0), sentences(run)
    assert not User.objects.filter(username="li.one").exists()
    run = write(run, actor=scene.by)
    assert run.state == "done", imports.reason_of(run)
    one = User.objects.get(username="li.one")
    assert one.must_change_password and not one.has_usable_password()
    assert set(StreetGrant.objects.filter(user=one).values_list("content_object_id", flat=True)) == {
        scene.street.pk, scene.other_street.pk,
    }  # fmt: skip
    assert User.objects.get(username="wang.two").memberships.get().role == "operator"
    three = set(Membership.objects.filter(user__username="zhao.three").values_list("role", "unit_id"))
    assert three == {("department", scene.health_unit.pk), ("reviewer", None)}
    again = read("people", *good(scene), actor=scene.by)
    assert (again.counts["same"], again.counts["wrong"]) == (4, 0), sentences(again)
    buffer = io.BytesIO()
    exports.write(
        Asked(scene.by, QueryDict("q=示例"), timezone.localdate()), LISTS.outgoing["people"], buffer
    )
    back = imports.start(LISTS.incoming["people"], upload(buffer.getvalue()), actor=scene.by, queued=False)
    back = imports.read(back, actor=scene.by, queued=False)
    assert {heading for _place, heading in back.unknown} == {"起", "止"}
    assert back.counts["new"] == back.counts["changed"] == 0 and back.counts["same"] >= 4


def test_a_further_street_is_added_and_none_taken_away(scene):
    write(
        read("people", HEAD, ("li.one", "李示例", "街镇干部", "", scene.street.name), actor=scene.by),
        actor=scene.by,
    )
    run = read("people", HEAD, ("li.one", "李示例", "街镇干部", "", scene.other_street.name), actor=scene.by)
    assert run.counts["changed"] == 1, sentences(run)
    write(run, actor=scene.by)
    assert StreetGrant.objects.filter(user__username="li.one").count() == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("li.one", "李示例", "安全管理员", "", ""), "C2"),
        (("li", "李示例", "审计人员", "", ""), "账号"),
        (("li.one", "", "审计人员", "", ""), "姓名"),
        (("li.one", "李示例", "街镇工作人员", "", ""), "街镇"),
        (("li.one", "李示例", "街镇工作人员", "", "没有镇"), "E2"),
        (("li.one", "李示例", "检查人员", "", ""), "单位"),
        (("stranger", "李示例", "审计人员", "", ""), "已有人用"),
        (("security_admin", "李示例", "审计人员", "", ""), "自己"),
    ],
)
def test_what_the_page_refuses_is_refused_beside_the_cell(scene, row, said):
    """A role of an administrator, a name in use in another district, and the own account among them."""
    username = scene.users[row[0]].username if row[0] in scene.users else row[0]
    count = User.objects.count()
    run = read("people", HEAD, (username, *row[1:]), actor=scene.by)
    assert run.counts["wrong"] == 1 and said in "".join(sentences(run)), sentences(run)
    assert User.objects.count() == count


def test_first_passwords_are_given_once_to_those_who_have_none(scene):
    write(read("people", *good(scene), actor=scene.by), actor=scene.by)
    today = timezone.localdate()
    Membership.objects.exclude(user__username__contains=".").update(
        ends_on="2020-01-01", starts_on="2020-01-01"
    )
    with pytest.raises(Denied):
        passwords.first_passwords(actor=scene.actor("bureau"), on=today)
    made = dict(passwords.first_passwords(actor=scene.by, on=today, most=2))
    assert len(made) == 2
    for user, password in made.items():
        user.refresh_from_db()
        assert user.check_password(password) and user.must_change_password
    rest = passwords.first_passwords(actor=scene.by, on=today)
    assert len(rest) == 1 and not {user for user, _password in rest} & set(made)
    with pytest.raises(Refused):
        passwords.first_passwords(actor=scene.by, on=today)
    entries = AuditEntry.objects.filter(action="portal.person.first_password")
    assert entries.count() == 3 and not any(
        password in str(entry.changes) for entry in entries for password in made.values()
    )


def test_the_page_shows_first_passwords_once(cast, client):
    with district_scope(cast.minhang):
        by = cast.actor("security_admin")
        people.give_role(people.create_account(username="li.one", name="李示例", actor=by), "auditor", actor=by,
                         on=timezone.localdate())  # fmt: skip
        Membership.objects.exclude(user__username__in=("li.one", cast.security_admin.username)).delete()
        cast.security_admin.set_password("Correct-Horse-1")
        cast.security_admin.save()
    client.force_login(cast.security_admin)
    page = reverse("first-passwords", args=["minhang"])
    assert page in client.get(reverse("people", args=["minhang"])).content.decode()
    assert "li.one" in client.get(page).content.decode()
    shown = client.post(page).content.decode()
    assert "li.one" in shown and "只显示这一次" in shown
    assert "li.one" not in client.get(page).content.decode()
    assert client.post(page).status_code == 400


def test_facilities_are_entrusted_by_a_list_of_the_bureau(scene):
    """The security administrator gives the role, the bureau says which facilities: neither does both by a file either."""
    write(read("people", *good(scene), actor=scene.by), actor=scene.by)
    bureau = scene.actor("bureau")
    assert "keepers" not in {one.key for one in LISTS.in_order(scene.by)}
    assert "people" not in {one.key for one in LISTS.in_order(bureau)}
    rows = (KEEPERS, (scene.facility.name, "wang.two"))
    run = read("keepers", *rows, actor=bureau)
    assert (run.counts["new"], run.counts["wrong"]) == (1, 0), sentences(run)
    write(run, actor=bureau)
    assert FacilityGrant.objects.filter(user__username="wang.two", content_object=scene.facility).exists()
    assert read("keepers", *rows, actor=bureau).counts["same"] == 1
    buffer = io.BytesIO()
    exports.write(Asked(bureau, QueryDict(), timezone.localdate()), LISTS.outgoing["keepers"], buffer)
    head, *lines = cells_of(buffer.getvalue())
    assert {"机构名称": scene.facility.name, "账号": "wang.two"}.items() <= dict(
        zip(head, lines[-1], strict=True)
    ).items()
    back = imports.start(LISTS.incoming["keepers"], upload(buffer.getvalue()), actor=bureau, queued=False)
    back = imports.read(back, actor=bureau, queued=False)
    assert (back.counts["same"], back.unknown) == (len(lines), []), back.counts
    run = read("keepers", KEEPERS, (scene.facility.name, "li.one"), ("没有这家", "wang.two"), actor=bureau)
    assert run.counts["wrong"] == 2, sentences(run)
