"""Forms of events: what staff enter, what families sign up with, the door, the evaluation."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, TimeField
from facilities.forms.records import RecordForm, label
from facilities.widgets import Boxes
from guidance.forms.services import Worded
from guidance.models import EventRating, GuidanceCourse, GuidanceEvent, Lecturer
from guidance.rules import events as rules
from portal.choices import in_language

IMAGES = "image/jpeg,image/png,image/webp"


class MomentField(forms.DateTimeField):
    """A day with its hour by the browser's own calendar."""

    def __init__(self, **kwargs):
        kwargs.setdefault(
            "widget", forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        )
        super().__init__(**kwargs)
        self.error_messages |= {"invalid": _("写成 2026-03-18 08:30 这样的时间"), "required": _("填时间")}

    def to_python(self, value):
        try:
            moment = super().to_python(value)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"]) from None
        if moment is not None and not 2000 <= moment.year <= 2100:
            raise forms.ValidationError(_("年份要在 2000 到 2100 之间"))
        return moment


def worded_problem(key: str) -> str:
    return _(rules.PROBLEMS[key])


def number(model, name: str, most: int, **more) -> forms.IntegerField:
    return forms.IntegerField(label=label(model, name), min_value=0, max_value=most, **more)


class EventForm(RecordForm):
    kind = forms.ChoiceField(label=label(GuidanceEvent, "kind"), choices=in_language(rules.KINDS.items()))
    title = forms.CharField(label=label(GuidanceEvent, "title"), max_length=60)
    level = forms.ChoiceField(
        label=label(GuidanceEvent, "level"),
        choices=in_language(rules.LEVELS.items()),
        help_text=_("街镇的计入街镇指标，区级的计入区里的指标"),
    )
    street = forms.ModelChoiceField(
        None, label=label(GuidanceEvent, "street"), required=False, empty_label=_("没有")
    )
    domains = forms.MultipleChoiceField(
        label=label(GuidanceEvent, "domains"),
        choices=in_language(rules.DOMAINS.items()),
        required=False,
        widget=Boxes,
    )
    online = forms.BooleanField(label=label(GuidanceEvent, "online"), required=False)
    held_on = DayField(label=label(GuidanceEvent, "held_on"))
    starts_at = TimeField(label=label(GuidanceEvent, "starts_at"))
    ends_at = TimeField(label=label(GuidanceEvent, "ends_at"))
    where = forms.ChoiceField(
        label=_("在哪个场所"), required=False, help_text=_("不在列表里的，写下面的地点和地址")
    )
    venue = forms.CharField(
        label=label(GuidanceEvent, "venue"),
        max_length=80,
        required=False,
        help_text=_("空着就用场所的名称；线上的不填"),
    )
    address = forms.CharField(
        label=label(GuidanceEvent, "address"),
        max_length=200,
        required=False,
        help_text=_("空着就用场所的地址；线上的不填"),
    )
    months_from = number(GuidanceEvent, "months_from", rules.OLDEST, help_text=_("月龄"))
    months_until = number(GuidanceEvent, "months_until", rules.OLDEST, help_text=_("月龄，最大 36"))
    capacity = number(GuidanceEvent, "capacity", 2**31 - 1, help_text=_("满了以后报名的进候补"))
    opens_at = MomentField(label=label(GuidanceEvent, "opens_at"))
    closes_at = MomentField(label=label(GuidanceEvent, "closes_at"), help_text=_("不晚于活动开始"))
    giver = forms.CharField(
        label=label(GuidanceEvent, "giver"), max_length=60, help_text=_("单位或职务，不写姓名")
    )
    course = forms.ModelChoiceField(
        None,
        label=label(GuidanceEvent, "course"),
        required=False,
        empty_label=_("没有"),
        help_text=_("课程库里的课；不在库里的空着"),
    )
    lecturer = forms.ModelChoiceField(
        None,
        label=label(GuidanceEvent, "lecturer"),
        required=False,
        empty_label=_("没有"),
        help_text=_("讲师库里的人；公开的页面上没有姓名"),
    )
    description = forms.CharField(
        label=label(GuidanceEvent, "description"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("家长看得到：做什么、带什么、怎么去"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, streets, venues: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        self.fields["course"].queryset = GuidanceCourse.objects.filter(active=True).order_by("code")
        self.fields["where"].choices = [("", _("没有")), *venues]
        there = Q(left_on__isnull=True) | Q(pk=self.row.lecturer_id if self.row else None)
        self.fields["lecturer"].queryset = Lecturer.objects.filter(there).defer("phone").order_by("name")

    def given(self, row) -> dict:
        where = f"p{row.place_id}" if row.place_id else f"f{row.facility_id}" if row.facility_id else ""
        return super().given(row) | {"where": where}


class VersionForm(Worded):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class ReasonForm(VersionForm):
    reason = forms.CharField(
        label=_("为什么不办了"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("家长看得到"),
    )


class FinishForm(VersionForm):
    walk_ins = forms.IntegerField(
        label=_("现场来的户数"),
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("没有报名、当天来的家庭；签到的不算在里面"),
    )


class PhotoForm(Worded):
    upload = forms.FileField(
        label=_("照片"),
        help_text=_("10 MB 以内；拍摄地点和时间会去掉"),
        widget=forms.FileInput(attrs={"accept": IMAGES}),
    )
    agreed = forms.BooleanField(label=_("照片里的人（孩子由家长）都同意留存"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agreed"].error_messages["required"] = worded_problem("agreed")


class DoorForm(Worded):
    code = forms.CharField(
        label=_("签到码"),
        max_length=400,
        help_text=_("8 位字母数字"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "mono", "autofocus": True}
        ),
    )
    card = forms.CharField(
        label=_("《母子健康手册》编号或幼儿编号"),
        max_length=40,
        required=False,
        help_text=_("填了，这次到场记为孩子的一次指导服务"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )


class ChildForm(Worded):
    """The child of a family that is there."""

    card = forms.CharField(
        label=_("《母子健康手册》编号或幼儿编号"),
        max_length=40,
        help_text=_("记为这个孩子的一次指导服务；家长没有登记的不填"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )


class PhoneForm(Worded):
    """The phone alone, to which a code goes."""

    phone = forms.CharField(
        label=_("手机"),
        max_length=20,
        help_text=_("验证码和活动的变动发到这个号码"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "class": "short"}),
    )


class JoinForm(PhoneForm):
    """A sign-up: the code that came, the child's age, the consent."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=10,
        help_text=_("短信里的 6 位数，10 分钟内有效"),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "short mono"}
        ),
    )
    months = forms.IntegerField(
        label=_("孩子几个月大"),
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("活动那天的月龄，只填数"),
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    consent = forms.BooleanField(label=_("看过上面的同意书，同意"))

    card = forms.CharField(
        label=_("《母子健康手册》编号"),
        max_length=40,
        required=False,
        help_text=_(
            "登记过“科学育儿指导”的孩子填了，到场记为他的一次指导服务；编号只用来找到登记，不显示，活动后删除"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["consent"].error_messages["required"] = worded_problem("consent")


class RateForm(Worded):
    score = forms.TypedChoiceField(
        label=label(EventRating, "score"),
        coerce=int,
        choices=[(5, _("5 很好")), (4, _("4 好")), (3, _("3 一般")), (2, _("2 不好")), (1, _("1 很不好"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("选 1 到 5 分"), "invalid_choice": _("选 1 到 5 分")},
    )
    words = forms.CharField(
        label=label(EventRating, "words"),
        max_length=rules.WORDS,
        required=False,
        help_text=_("不公开，只有办活动的人看得到"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
