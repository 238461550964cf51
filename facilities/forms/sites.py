"""Shapes of what people enter about a 宝宝屋."""

from __future__ import annotations

from datetime import time

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.models import Site
from facilities.models.enrolments import Mode
from facilities.models.sites import WEEKDAYS
from facilities.rules import sites as rules
from facilities.widgets import One
from portal.choices import in_language

#: Other signs that people write in times -> those we read.
LOOSE = dict(zip("，；;、：—–－至~", ",,,,:-----", strict=True))  # content


class ClockField(forms.TimeField):
    """A time of the day by the browser's own clock."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"))
        kwargs.setdefault("input_formats", ["%H:%M"])
        super().__init__(**kwargs)
        self.error_messages |= {"invalid": _("写成 09:00 这样的时间")}


class SiteForm(forms.Form):
    siting = forms.ChoiceField(label=_("设置形式"), choices=Site.Siting.choices)
    running = forms.ChoiceField(label=_("运营方式"), choices=Site.Running.choices)
    alone = forms.BooleanField(label=_("单独托"), required=False)
    with_parent = forms.BooleanField(label=_("亲子托"), required=False)
    with_grandparent = forms.BooleanField(label=_("老小托"), required=False)
    outdoor = forms.BooleanField(label=_("有户外活动场地"), required=False)
    nursing_room = forms.BooleanField(label=_("有母婴室"), required=False)
    upload = forms.FileField(
        label=_("标牌照片"), required=False, help_text=_("标牌上的名称和登记的一样"),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)

    def values(self) -> dict:
        return {**self.cleaned_data, "version": self.cleaned_data["version"] or 0}


class RoomForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=40)
    area = forms.DecimalField(label=_("使用面积（平方米）"), max_digits=6, decimal_places=1)
    places = forms.IntegerField(label=_("同时最多（人）"))
    closed = forms.BooleanField(label=_("停用"), required=False)

    def __init__(self, *args, new: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if new:
            del self.fields["closed"]
        worded(self)
        self.fields["area"].error_messages["max_decimal_places"] = _("最多一位小数")
        self.fields["area"].error_messages["max_digits"] = _("填 3 到 2000 之间的数")


class HoursForm(forms.Form):
    """Two spans for each weekday, empty where the site is closed; written as 09:00-11:30，13:00-16:00."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for day, name in WEEKDAYS:
            self.fields[f"day{day}"] = forms.CharField(
                label=name,
                required=False,
                max_length=60,
                widget=forms.TextInput(attrs={"placeholder": "09:00-11:30，13:00-16:00"}),  # content
            )
        self.fields["day1"].help_text = _("写成 09:00-11:30，几段用逗号隔开，不开放就空着")

    def clean(self):
        cleaned = super().clean()
        self.spans: list[tuple[int, time, time]] = []
        for day, _name in WEEKDAYS:
            text = (cleaned.get(f"day{day}") or "").translate(str.maketrans(LOOSE))
            for part in filter(None, (p.strip() for p in text.split(","))):
                try:
                    first, last = (time.fromisoformat(t.strip().zfill(5)) for t in part.split("-"))
                except ValueError:
                    self.add_error(
                        f"day{day}", gettext("看不懂“%(text)s”。写成 09:00-11:30") % {"text": part[:20]}
                    )
                    break
                self.spans.append((day, first, last))
        return cleaned


class SessionsForm(forms.Form):
    room = forms.ModelChoiceField(queryset=None, label=_("房间"), empty_label=None)
    mode = forms.ChoiceField(label=_("照护方式"))
    first = DayField(label=_("从哪天起"))
    last = DayField(label=_("到哪天止"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("星期"), coerce=int, choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple, required=False
    )
    starts_at = ClockField(label=_("开始"))
    ends_at = ClockField(label=_("结束"))
    places = forms.IntegerField(label=_("名额"))
    staff = forms.IntegerField(label=_("从业人员（人）"))
    on_holidays = forms.BooleanField(label=_("法定节假日也排"), required=False)

    def __init__(self, *args, rooms, modes: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["room"].queryset = rooms
        self.fields["mode"].choices = [(m, Mode(m).label) for m in modes]
        worded(self)

    def values(self) -> dict:
        return {**self.cleaned_data, "weekdays": set(self.cleaned_data["weekdays"])}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class VolunteerForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=40)
    identity = forms.CharField(
        label=_("身份证号"), max_length=24, help_text=_("加密保存，页面上不显示"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    phone = forms.CharField(label=_("手机"), max_length=11, required=False)
    duty = forms.CharField(label=_("做什么"), max_length=80, help_text=_("陪读绘本、整理玩具……"))
    starts_on = DayField(label=_("到岗日期"))
    checked_on = DayField(label=_("违法犯罪记录查询日期"), help_text=_("和幼儿在一起以前要查"))
    found = forms.ChoiceField(
        label=_("查询结果"),
        choices=[("no", _("无")), ("yes", _("有"))],
        widget=forms.RadioSelect,
        initial="no",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)

    def values(self) -> dict:
        return {**self.cleaned_data, "found": self.cleaned_data["found"] == "yes"}


class LastDayForm(forms.Form):
    on = DayField(label=_("最后一天"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class LedgerForm(forms.Form):
    item = forms.ChoiceField(label=_("项目"), widget=One)
    amount = forms.DecimalField(label=_("金额（元）"), max_digits=10, decimal_places=2)
    on = DayField(label=_("日期"))
    note = forms.CharField(label=_("摘要"), max_length=120)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [
            *(
                (k, gettext("收入　%(item)s") % {"item": label})
                for k, label in in_language(rules.INCOME_ITEMS.items())
            ),
            *(
                (k, gettext("支出　%(item)s") % {"item": label})
                for k, label in in_language(rules.COST_ITEMS.items())
            ),
        ]
        worded(self)
        self.fields["amount"].error_messages |= {
            "max_decimal_places": _("最多两位小数"),
            "max_digits": _("填 0.01 到 10000000 之间的数"),
        }
