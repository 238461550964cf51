"""Form of how a district issues a kind of report: shape only, the rules are in the service."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from targets.models.reports import ReportSetting
from targets.services.report_settings import LABELS, ORDER


class ReportSettingForm(forms.ModelForm):
    class Meta:
        model = ReportSetting
        fields = ORDER
        labels = {name: gettext_lazy(words) for name, words in LABELS.items()}
        help_texts = {
            "issuer": _("红头上的名称，写全称"),
            "addressee": _("逗号隔开；不要写末尾的冒号"),
            "number_word": _("比如“示教托督”，年份和序号由系统给"),
            "copies_to": _("几个单位用“；”隔开，没有就空着"),
            "title": _("{year}、{month}、{quarter} 会换成年份、月份和一二三四"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.required = name != "copies_to"
            if field.required:
                field.error_messages["required"] = _("%(label)s：这一栏要填") % {"label": field.label}
