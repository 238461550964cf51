"""Who signs in, in which district, as what; grants on single streets; clients of the API."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.managers import UserObjectPermissionManager
from guardian.models.models import UserObjectPermissionBase

from portal.models.places import Street, Unit
from portal.rules.rights import Reach, Role
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet, WithheldCharField


class User(AbstractUser):
    """A person who signs in; common to all districts. What the person may do stands in Membership."""

    first_name = last_name = None
    name = models.CharField(_("姓名"), max_length=40)
    password = WithheldCharField(_("密码"), max_length=128)
    must_change_password = models.BooleanField(
        default=False,
        help_text="the password is known to whoever gave it: first of all the person sets another",
    )
    theme = models.CharField(
        max_length=8, default="auto", choices=[("auto", "auto"), ("light", "light"), ("dark", "dark")]
    )
    contrast = models.CharField(max_length=6, default="", blank=True)
    language = models.CharField(max_length=10, default="zh-hans")

    REQUIRED_FIELDS = ["name"]

    def __str__(self):
        return self.name

    def get_full_name(self) -> str:
        return self.name


ROLE_LABELS = {
    Role.BUREAU: _("区教育局"),
    Role.UNIT_HEAD: _("单位负责人"),
    Role.STREET_OFFICER: _("街镇工作人员"),
    Role.DEPARTMENT: _("部门工作人员"),
    Role.INSPECTOR: _("检查人员"),
    Role.REVIEWER: _("审核人员"),
    Role.OPERATOR: _("机构举办者"),
    Role.DESK: _("宝宝屋前台"),
    Role.HOME_VISITOR: _("上门指导人员"),
    Role.CITY: _("市级人员"),
    Role.EXPERT: _("外聘专家"),
    Role.AUDITOR: _("审计人员"),
    Role.API_CLIENT: _("接口客户端"),
    Role.SYSTEM_ADMIN: _("系统管理员"),
    Role.SECURITY_ADMIN: _("安全管理员"),
    Role.AUDIT_ADMIN: _("审计管理员"),
    Role.PARENT: _("家长"),
}


class Membership(TenantModel):
    """A person's role in a district, for a unit, for a time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    unit = TenantForeignKey(Unit, null=True, blank=True, related_name="people")
    role = models.CharField(max_length=20, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    reach_paths = {Reach.SELF: "user", Reach.UNIT: "unit"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "user", "role", "unit", "starts_on"],
                name="membership",
                nulls_distinct=False,
            )
        ]


class StreetGrant(TenantModel, UserObjectPermissionBase):
    """django-guardian's grant of `serve_street` on one street to one person."""

    content_object = TenantForeignKey(Street, on_delete=models.CASCADE, related_name="grants")
    objects = UserObjectPermissionManager.from_queryset(TenantQuerySet)()

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class ApiClient(TenantModel):
    """A system that pulls data. The token is shown once; its SHA-256 is kept."""

    name = models.CharField(max_length=80)
    token_sha256 = WithheldCharField(max_length=64)
    scopes = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "token_sha256"], name="api_token")]
