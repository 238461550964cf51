"""The shapes of the forms about training."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded
from facilities.models import Course, Trainer, TrainingRecord, TrainingSession


class HoursField(forms.DecimalField):
    def __init__(self, **kwargs):
        super().__init__(max_digits=5, decimal_places=1, **kwargs)
        self.error_messages |= {
            "max_decimal_places": _("最多一位小数"),
            "max_digits": _("填 0.5 到 200 之间的数"),
            "max_whole_digits": _("填 0.5 到 200 之间的数"),
        }


class CourseForm(Worded):
    title = forms.CharField(label=_("课程"), max_length=120)
    kind = forms.ChoiceField(label=_("种类"), choices=[("", _("选种类")), *TrainingRecord.Kind.choices])
    provider = forms.CharField(label=_("培训单位"), max_length=120)
    hours = HoursField(label=_("课时"))
    summary = forms.CharField(
        label=_("内容"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SessionForm(Worded):
    course = forms.ModelChoiceField(Course.objects.none(), label=_("课程"), empty_label=_("选课程"))
    trainer = forms.ModelChoiceField(
        Trainer.objects.none(), label=_("讲师"), empty_label=_("还没有定"), required=False
    )
    mode = forms.ChoiceField(label=_("形式"), choices=[("", _("选形式")), *TrainingSession.Mode.choices])
    place = forms.CharField(label=_("地点或平台"), max_length=200)
    starts_on = DayField(label=_("开课"))
    ends_on = DayField(label=_("结课"), help_text=_("课时记在这一天"))
    times = forms.CharField(label=_("时间"), max_length=60, required=False, help_text=_("例如 9:00—16:30"))
    sign_up_until = DayField(label=_("报名截止"))
    capacity = forms.IntegerField(label=_("招收人数"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = Course.objects.filter(active=True)
        self.fields["trainer"].queryset = Trainer.objects.filter(active=True)


class CodesForm(Worded):
    """Sign-up by codes, for whoever reaches the whole district."""

    codes = forms.CharField(
        label=_("人员编号"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("一行一个，或用空格、逗号隔开"),
    )

    def clean_codes(self) -> list[str]:
        text = self.cleaned_data["codes"].upper()
        for sign in ",，、;；":
            text = text.replace(sign, " ")
        return list(dict.fromkeys(text.split()))[:500]


class CancelForm(Worded):
    reason = forms.CharField(label=_("为什么取消"), max_length=200)


class SheetForm(Worded):
    upload = forms.FileField(
        label=_("签到表"),
        help_text=_("按本页的模板填，.xlsx"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class TrainerForm(Worded):
    name = forms.CharField(label=_("姓名"), max_length=40)
    kind = forms.ChoiceField(label=_("类别"), choices=[("", _("选类别")), *Trainer.Kind.choices])
    organisation = forms.CharField(label=_("单位"), max_length=120)
    subject = forms.CharField(label=_("擅长的内容"), max_length=120)


class TrainerTrainingForm(Worded):
    course = forms.CharField(label=_("课程"), max_length=120)
    provider = forms.CharField(label=_("培训单位"), max_length=120)
    hours = HoursField(label=_("课时"))
    done_on = DayField(label=_("完成日期"))
