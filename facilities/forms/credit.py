"""The shapes of the forms of the credit record."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, translated, worded
from facilities.forms.people import Worded, paper_field
from facilities.models import CreditEntry
from facilities.rules import credit as rules
from facilities.widgets import Boxes, One, Several
from portal.choices import in_language


class EntryForm(Worded):
    kind = forms.ChoiceField(label=_("种类"), choices=[("", _("选种类")), *CreditEntry.Kind.choices])
    matter = forms.ChoiceField(
        label=_("事项"),
        choices=CreditEntry.Matter.choices,
        help_text=_("行政处罚才分，食品、消防类的修复要等得久一些"),
    )
    ground = forms.TypedChoiceField(
        label=_("依据的记录"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("列入联合惩戒要选：一条生效的处罚或违背承诺"),
    )
    title = forms.CharField(label=_("什么事"), max_length=100, help_text=_("一句话，名单上显示"))
    authority = forms.CharField(label=_("认定单位"), max_length=80)
    document = forms.CharField(label=_("决定书文号"), max_length=80)
    decided_on = DayField(label=_("决定日期"))
    until = DayField(label=_("期限到"), required=False, help_text=_("决定书写明的才填，空着按本区参数算"))
    facts = forms.CharField(label=_("事实和依据"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))
    upload = paper_field(_("决定书"), required=True)

    def __init__(self, *args, grounds=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.grounds = {one.pk: one for one in grounds}
        self.fields["matter"].initial = "general"
        self.fields["ground"].choices = [
            ("", _("没有")),
            *((pk, f"{one.number}　{one.title}") for pk, one in self.grounds.items()),
        ]

    def values(self) -> dict:
        return {**self.cleaned_data, "ground": self.grounds.get(self.cleaned_data["ground"])}


class StepForm(Worded):
    """What the second person says, or what is asked of an entry."""

    what = forms.ChoiceField(
        choices=[
            (name, name) for name in ("confirm", "decline", *rules.ASKED, "grant", "refuse", "withdraw")
        ],
        widget=forms.HiddenInput,
    )
    note = forms.CharField(
        label=_("意见"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    upload = paper_field(_("材料"))


class CreditFilter(forms.Form):
    """Conditions of the list; the address is their state."""

    q = forms.CharField(
        label=_("机构名称、编号、拼音"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("机构名称、编号、拼音首字母")}),
    )
    street = forms.TypedMultipleChoiceField(label=_("街镇"), required=False, coerce=int, widget=Several)
    kind = forms.MultipleChoiceField(
        label=_("种类"), required=False, choices=CreditEntry.Kind.choices, widget=Boxes
    )
    state = forms.MultipleChoiceField(
        label=_("状态"), required=False, choices=in_language(rules.CREDIT.choices), widget=Boxes
    )
    request = forms.ChoiceField(
        label=_("申请"),
        required=False,
        choices=[("", _("不限")), ("open", _("有申请待答复"))],
        widget=One,
    )

    def __init__(self, *args, streets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].choices = [(s.pk, s.name) for s in streets]
        translated(self.fields["state"])
        worded(self)
