"""Forms of resources, of subscribing to them, of nursing rooms, courses and lecturers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import RecordForm, label
from facilities.models import Facility
from facilities.widgets import Boxes
from guidance.forms.events import PhoneForm, VersionForm
from guidance.forms.services import Worded
from guidance.models import GuidanceCourse, GuidanceResource, KitUse, Lecturer, NursingPlace
from guidance.rules import courses, nursing
from guidance.rules import resources as rules
from guidance.rules.states import NURSING
from portal.choices import in_language
from portal.models.places import Street

PAPERS = "image/jpeg,image/png,image/webp,application/pdf"


def version_field() -> forms.IntegerField:
    return forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


def choice(model, name: str, words: dict, **more) -> forms.ChoiceField:
    return forms.ChoiceField(label=label(model, name), choices=in_language(words.items()), **more)


def chars(model, name: str, most: int, **more) -> forms.CharField:
    return forms.CharField(label=label(model, name), max_length=most, **more)


def lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def number(model, name: str, most: int = 2**31 - 1, **more) -> forms.IntegerField:
    return forms.IntegerField(label=label(model, name), min_value=0, max_value=most, **more)


def worded_problem(key: str) -> str:
    return _(rules.PROBLEMS[key])


class ResourceForm(RecordForm):
    kind = choice(GuidanceResource, "kind", rules.KINDS)
    title = chars(GuidanceResource, "title", 60)
    theme = choice(GuidanceResource, "theme", rules.THEMES)
    audience = choice(GuidanceResource, "audience", rules.AUDIENCES)
    language = forms.ChoiceField(
        label=label(GuidanceResource, "language"), choices=list(rules.LANGUAGES.items())
    )
    weeks_from = number(GuidanceResource, "weeks_from", help_text=_("孩子出生后第几周起，0 到 156"))
    weeks_until = number(GuidanceResource, "weeks_until", help_text=_("最大 156，满三岁"))
    summary = chars(GuidanceResource, "summary", 200, widget=lines(2), help_text=_("一两句话，列表上看得到"))
    text = chars(
        GuidanceResource, "text", 20000, widget=lines(10), required=False,
        help_text=_("文章写在这里；空一行分段。不能有网页代码，写了也照原样显示"),
    )  # fmt: skip
    link = chars(GuidanceResource, "link", 300, required=False, help_text=_("视频在哪里，https:// 开头"))
    upload = forms.FileField(
        label=_("文件"), required=False, widget=forms.FileInput(attrs={"accept": PAPERS}),
        help_text=_("折页、活动方案：PDF 或图片，10 MB 以内；不选就用原来的"),
    )  # fmt: skip
    parts = forms.CharField(
        label=label(GuidanceResource, "parts"), required=False, max_length=800, widget=lines(4),
        help_text=_("资源包才填：每行一个资源编号，按先后"),
    )  # fmt: skip
    source = chars(GuidanceResource, "source", 80, help_text=_("单位或栏目，不写姓名"))
    rights = chars(GuidanceResource, "rights", 200, help_text=_("自己做的、作者许可、公开许可，写清楚"))
    own = forms.BooleanField(label=label(GuidanceResource, "own"), required=False)
    pushed = forms.BooleanField(label=label(GuidanceResource, "pushed"), required=False, initial=True)
    version = version_field()

    def given(self, row) -> dict:
        return super().given(row) | {"parts": "\n".join(row.parts)}

    def values(self) -> dict:
        kept = super().values()
        return kept | {"parts": rules.tidy_parts(kept["parts"])}


class NoteForm(VersionForm):
    reason = forms.CharField(label=_("原因"), max_length=200, widget=lines(2))


class UseForm(Worded):
    street = forms.ModelChoiceField(
        None,
        label=label(KitUse, "street"),
        required=False,
        empty_label=_("没有"),
        help_text=_("街镇自己用的选街镇"),
    )
    facility = forms.ModelChoiceField(
        None,
        label=label(KitUse, "facility"),
        required=False,
        empty_label=_("没有"),
        help_text=_("机构用的选机构"),
    )
    used_from = DayField(label=label(KitUse, "used_from"))
    note = chars(KitUse, "note", 200, required=False, widget=lines(2))

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = Street.objects.allowed(actor, "kit_use.keep").order_by("code")
        reached = Street.objects.allowed(actor, "kit_use.keep").values("pk")
        self.fields["facility"].queryset = (
            Facility.objects.filter(street__in=reached).exclude(state="closed").order_by("code")
        )


class SubscribeForm(PhoneForm):
    code = forms.CharField(
        label=_("验证码"), max_length=10, help_text=_("短信里的 6 位数，10 分钟内有效"),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "short mono"}
        ),
    )  # fmt: skip
    born = DayField(label=_("孩子的出生日期"), help_text=_("只留到哪一周，不留哪一天"))
    language = forms.ChoiceField(label=_("语言"), choices=list(rules.LANGUAGES.items()))
    consent = forms.BooleanField(label=_("看过上面的同意书，同意"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = _("验证码和资源的链接发到这个号码")
        self.fields["consent"].error_messages["required"] = worded_problem("consent")


class StopForm(PhoneForm):
    code = SubscribeForm.base_fields["code"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = _("订阅时用的号码；验证码发到这里")


class NursingForm(RecordForm):
    kind = choice(NursingPlace, "kind", nursing.KINDS)
    name = chars(NursingPlace, "name", 80)
    street = forms.ModelChoiceField(None, label=label(NursingPlace, "street"), empty_label=_("选街镇"))
    address = chars(NursingPlace, "address", 200)
    basis = chars(NursingPlace, "basis", 200, help_text=_("按哪个文件哪一条应当配置"))
    area = number(NursingPlace, "area", required=False)
    visitors = number(NursingPlace, "visitors", required=False)
    listed_on = DayField(label=label(NursingPlace, "listed_on"))
    state = choice(NursingPlace, "state", NURSING.states)
    planned_for = DayField(
        label=label(NursingPlace, "planned_for"), required=False, help_text=_("计划建的填")
    )
    opened_on = DayField(label=label(NursingPlace, "opened_on"), required=False, help_text=_("已启用的填"))
    equipment = chars(
        NursingPlace,
        "equipment",
        200,
        required=False,
        widget=lines(2),
        help_text=_("公众看得到：有什么、在几楼"),
    )
    checked_on = DayField(label=label(NursingPlace, "checked_on"), required=False)
    ended_on = DayField(
        label=label(NursingPlace, "ended_on"), required=False, help_text=_("场所关了，或者不再应当配置")
    )
    version = version_field()

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets


class LecturerForm(RecordForm):
    name = chars(Lecturer, "name", 40)
    field = chars(Lecturer, "field", 80)
    employer = chars(Lecturer, "employer", 80)
    phone = forms.CharField(
        label=_("手机"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("加密存放，点开有记录；改资料时空着就不变"),
    )  # fmt: skip
    days = forms.MultipleChoiceField(
        label=label(Lecturer, "days"), choices=in_language(courses.DAYS.items()), required=False, widget=Boxes
    )
    agreed_on = DayField(
        label=label(Lecturer, "agreed_on"), help_text=_("不同意的不登记；以后不同意了，资料马上删除")
    )
    version = version_field()

    def given(self, row) -> dict:
        return super().given(row) | {"phone": ""}


class CourseForm(RecordForm):
    title = chars(GuidanceCourse, "title", 80)
    theme = choice(GuidanceCourse, "theme", courses.THEMES)
    audience = choice(GuidanceCourse, "audience", courses.AUDIENCES)
    hours = forms.DecimalField(
        label=label(GuidanceCourse, "hours"), max_digits=5, decimal_places=1, min_value=0, max_value=9999
    )
    own = forms.BooleanField(label=label(GuidanceCourse, "own"), required=False)
    summary = chars(GuidanceCourse, "summary", 300, required=False, widget=lines(3))
    listed_on = DayField(label=label(GuidanceCourse, "listed_on"))
    lecturers = forms.ModelMultipleChoiceField(None, label=_("谁能讲"), required=False, widget=Boxes)
    active = forms.BooleanField(label=label(GuidanceCourse, "active"), required=False, initial=True)
    version = version_field()

    def __init__(self, *args, lecturers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lecturers"].queryset = lecturers

    def given(self, row) -> dict:
        return super().given(row) | {"lecturers": row.lecturers.values_list("lecturer_id", flat=True)}
