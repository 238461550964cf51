"""Shapes of what people say: complaints on the public page, reports of incidents."""

from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.forms.orders import FilesField, FilesInput
from inspections.models import Complaint
from inspections.rules.voices import INCIDENTS, OUTCOMES, SUBJECTS
from portal.choices import in_language
from portal.models import Street

IMAGES = "image/jpeg,image/png,image/webp"


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "short"})


def moment_input() -> forms.DateTimeInput:
    return forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "short"})


class ComplaintForm(forms.Form):
    where = forms.CharField(
        label=_("哪家机构"), help_text=_("写招牌上的名称；不知道的写地址"), max_length=80,
        error_messages={"required": _("写机构的名称或地址")},
    )  # fmt: skip
    subject = forms.ChoiceField(
        label=_("关于什么"), choices=in_language(SUBJECTS.items()), widget=forms.RadioSelect,
        error_messages={"required": _("从列表里选一个")},
    )  # fmt: skip
    text = forms.CharField(
        label=_("发生了什么"), help_text=_("什么时候、谁看到的、发生了什么；写事实，不用写幼儿的姓名"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}), error_messages={"required": _("写清楚什么时候、发生了什么")},
    )  # fmt: skip
    happened_on = forms.DateField(label=_("哪一天"), required=False, widget=day_input())
    photos = FilesField(
        label=_("照片"), help_text=_("最多 4 张，每张不超过 10 MB；拍摄地点和时间会去掉"), required=False,
        widget=FilesInput(attrs={"accept": IMAGES}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("手机"), help_text=_("空着就是匿名；留了只有办理的人看得到，用来问清情况"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "class": "short"}),
    )  # fmt: skip
    name = forms.CharField(
        label=_("怎么称呼"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "short"}),
    )  # fmt: skip


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("查询码"), help_text=_("送出时给的 13 位，横线可以不写"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "mono"}),
    )  # fmt: skip


class SortForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    facility = forms.CharField(
        label=_("机构编号"), help_text=_("名册里的编号；名册里没有的空着"), max_length=12, required=False,
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )  # fmt: skip
    subject = forms.ChoiceField(label=_("关于什么"), choices=in_language(SUBJECTS.items()))
    handler = forms.ChoiceField(label=_("谁办"), choices=Complaint.Handler.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("内部说明"), max_length=200, required=False)

    def clean_facility(self) -> Facility | None:
        code = self.cleaned_data["facility"].strip().upper()
        if not code:
            return None
        found = Facility.objects.filter(code=code).first()
        if found is None:
            raise forms.ValidationError(_("名册里没有编号 %(code)s"), params={"code": code})
        return found


class HandOnForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    passed_to = forms.CharField(label=_("转给谁"), max_length=80)
    answer = forms.CharField(
        label=_("告诉投诉人"), help_text=_("凭查询码看得到，写转给谁、怎么联系"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class AnswerForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("核实结果"), choices=in_language(OUTCOMES.items()), widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label=_("答复"), help_text=_("投诉人凭查询码看得到；写查到什么、做了什么，不写人名"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip


class VoiceFilter(forms.Form):
    """Conditions of the lists; what is nonsense is left out rather than refused."""

    q = forms.CharField(
        label=_("编号、机构编号"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = Street.objects.all()


class IncidentForm(forms.Form):
    """The first report."""

    kind = forms.ChoiceField(
        label=_("哪类事件"), choices=in_language(INCIDENTS.items()), widget=forms.RadioSelect
    )
    happened_at = forms.DateTimeField(label=_("什么时候发生"), widget=moment_input())
    known_at = forms.DateTimeField(label=_("什么时候知道"), widget=moment_input())
    place = forms.CharField(label=_("在哪里"), help_text=_("活动室、户外场地……"), max_length=80)
    children = forms.IntegerField(label=_("涉及幼儿（人）"), min_value=0, max_value=500)
    injured = forms.IntegerField(label=_("其中受伤、不适（人）"), min_value=0, max_value=500)
    parents_told_at = forms.DateTimeField(
        label=_("什么时候告诉家长"), help_text=_("先告诉家长，再报"), required=False, widget=moment_input()
    )
    text = forms.CharField(
        label=_("经过和处置"), help_text=_("写事实和已经做的处置，不写幼儿的姓名"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    files = FilesField(
        label=_("照片或材料"), help_text=_("JPEG、PNG、WebP 或 PDF，每个不超过 10 MB"), required=False,
        widget=FilesInput(attrs={"accept": f"{IMAGES},application/pdf"}),
    )  # fmt: skip

    def clean(self):
        given = super().clean()
        for field in ("happened_at", "known_at", "parents_told_at"):
            moment = given.get(field)
            if moment is not None and abs((moment - timezone.now()).days) > 3660:
                self.add_error(field, _("写什么时候发生、什么时候知道的，不能晚于现在"))
        return given


class NextReportForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("经过和处置"), help_text=_("上次以后的进展：幼儿的情况、原因、责任、整改"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    final = forms.BooleanField(label=_("这是终报：情况已经查清，处置完了"), required=False)
    files = FilesField(
        label=_("照片或材料"), help_text=_("JPEG、PNG、WebP 或 PDF，每个不超过 10 MB"), required=False,
        widget=FilesInput(attrs={"accept": f"{IMAGES},application/pdf"}),
    )  # fmt: skip


class ClosingForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("意见"), help_text=_("5 到 200 个字；退回的写还缺什么"), max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
