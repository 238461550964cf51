"""Shapes of portal's own input."""

from __future__ import annotations

from django import forms
from django.contrib.auth import authenticate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.models.people import ROLE_LABELS
from portal.models.places import Street, Unit
from portal.services.people import GIVEN, SCOPES


class PasswordForm(forms.Form):
    """The own password; `request` and its user are asked for the old one, which axes counts like a sign-in."""

    old = forms.CharField(
        label=_("现在的密码"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        max_length=200,
        strip=False,
        help_text=_("至少 10 位，大写、小写、数字、符号里用三种"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再写一遍新密码"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self):
        given = super().clean()
        if {"new", "again"} <= given.keys() and given["new"] != given["again"]:
            self.add_error("again", gettext("再写一遍新密码：两遍不一样"))
        if self.errors:
            return given
        if authenticate(self.request, username=self.request.user.username, password=given["old"]) is None:
            self.add_error("old", gettext("现在的密码：不对。连续 5 次不对会锁 30 分钟"))
        return given


class PersonForm(forms.Form):
    username = forms.CharField(
        label=_("账号"), max_length=40, help_text=_("3 到 40 个小写字母、数字、点、横线")
    )
    name = forms.CharField(label=_("姓名"), max_length=40)


class DistrictForm(forms.Form):
    """What a further district begins with."""

    name = forms.CharField(label=_("区的名称"), max_length=40, help_text=_("比如“徐汇区”"))
    code = forms.CharField(label=_("区划代码"), max_length=6, help_text=_("6 位数字"))
    slug = forms.CharField(
        label=_("网址里的名字"), max_length=20, help_text=_("小写字母或数字，比如 xuhui，以后不能改")
    )
    prefix = forms.CharField(
        label=_("机构编号的字头"), max_length=4, help_text=_("2 到 4 个大写字母，比如 XH")
    )
    bureau = forms.CharField(label=_("教育局名称"), max_length=40, help_text=_("比如“徐汇区教育局”"))
    streets = forms.CharField(
        label=_("街镇"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("一行一个：9 位代码、空格、名称，比如“310104003 天平路街道”。可以从表格里整列贴过来"),
    )
    username = forms.CharField(
        label=_("安全管理员的账号"),
        max_length=40,
        help_text=_("3 到 40 个小写字母、数字、点、横线。别的人由他开通"),
    )
    person = forms.CharField(label=_("安全管理员的姓名"), max_length=40)

    def values(self) -> dict:
        """What the service takes."""
        given = dict(self.cleaned_data)
        people = {name: given.pop(name) for name in ("username", "person")}
        return {"values": given, **people}


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("角色"))
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("单位"), required=False,
        help_text=_("单位负责人、部门、检查人员和区教育局要选。没有的单位，由区教育局在政策文件的“新单位”里加上"),
    )  # fmt: skip
    streets = forms.ModelMultipleChoiceField(
        Street.objects.none(), label=_("街镇"), required=False, help_text=_("街镇工作人员至少选一个")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(r.value, ROLE_LABELS[r]) for r in GIVEN]
        self.fields["unit"].queryset = Unit.objects.filter(collective=False)
        self.fields["unit"].wanted_later = True  # of some roles
        self.fields["streets"].queryset = Street.objects.all()


class ClientForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("哪个系统来取数据"))
    scopes = forms.MultipleChoiceField(
        label=_("权限"), choices=[(s, s) for s in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    ends_on = forms.DateField(label=_("止日"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
