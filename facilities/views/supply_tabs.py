"""The pages on demand and supply beside each other."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.rules.machine import marked

TABS = (
    ("supply", marked("托位与人口")),
    ("forecast", marked("需求预测")),
    ("circle", marked("15 分钟圈")),
    ("what-if", marked("新开试算")),
    ("map", marked("地图")),
    ("residents", marked("人口数")),
    ("neighbourhoods", marked("居委")),
    ("kindergartens", marked("幼儿园")),
)


def tabs(request, current: str) -> list[dict]:
    return [
        {
            "label": _(label),
            "url": reverse(name, args=[request.district.slug]),
            "current": name == current,
        }
        for name, label in TABS
    ]
