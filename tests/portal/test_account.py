"""`manage.py account`: the first people of a real installation."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.models.people import Membership, User
from portal.models.places import District, Street, Unit
from portal.tenancy import district_scope

pytestmark = pytest.mark.django_db


def account(*args: str) -> str:
    out = StringIO()
    call_command("account", *args, stdout=out)
    return out.getvalue()


def roles(username: str) -> list[str]:
    with district_scope(District.objects.get(slug="minhang")):
        return sorted(Membership.objects.filter(user__username=username).values_list("role", flat=True))


def test_a_new_account_gets_its_role_and_a_password_that_works():
    out = account("first.admin", "--name", "测试甲", "--district", "minhang", "--role", "security_admin")
    assert roles("first.admin") == ["security_admin"]
    password = out.split("初始密码：")[1].split("（")[0]
    assert User.objects.get(username="first.admin").check_password(password)


def test_an_account_that_exists_gets_another_role_and_keeps_its_password():
    account("first.admin", "--name", "测试甲", "--district", "minhang", "--role", "auditor")
    with district_scope(District.objects.get(slug="minhang")):
        unit = Unit.objects.order_by("slug").first()
        street = Street.objects.order_by("code").first()
    more = ["--unit", unit.slug, "--street", street.name]
    out = account("first.admin", "--district", "minhang", "--role", "street_officer", *more)
    assert roles("first.admin") == ["auditor", "street_officer"]
    assert "初始密码" not in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["x.y.z", "--name", "甲", "--district", "atlantis", "--role", "auditor"],
            "--district：没有“atlantis”",
        ),
        (["x.y.z", "--name", "甲", "--district", "minhang", "--role", "king"], "--role：没有“king”"),
        (["x.y.z", "--district", "minhang", "--role", "auditor"], "姓名"),
        (["!", "--name", "甲", "--district", "minhang", "--role", "auditor"], "账号"),
        (["x.y.z", "--name", "甲", "--district", "minhang", "--role", "bureau"], "单位"),
        (
            ["x.y.z", "--name", "甲", "--district", "minhang", "--role", "bureau", "--unit", "q"],
            "--unit：没有",
        ),
        (["x.y.z", "--name", "甲", "--district", "minhang", "--role", "street_officer"], "街镇"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(args, said):
    with pytest.raises(CommandError, match=said):
        account(*args)
    assert not User.objects.filter(username=args[0]).exists()


def test_the_three_administrators_are_three_people():
    account("first.admin", "--name", "测试甲", "--district", "minhang", "--role", "security_admin")
    with pytest.raises(CommandError, match="三个人"):
        account("first.admin", "--district", "minhang", "--role", "audit_admin")
    assert roles("first.admin") == ["security_admin"]
