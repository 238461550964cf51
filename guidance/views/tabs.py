"""The pages on guidance beside each other, those that somebody may see."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.rules.machine import marked

TABS = (
    ("guidance-places", "guidance_place.view", marked("场所")),
    ("guidance-events", "guidance_event.view", marked("活动")),
    ("guidance-resources", "resource.view", marked("资源")),
    ("guidance-courses", "guidance_course.view", marked("课程和讲师")),
    ("nursing-places", "nursing_place.view", marked("母婴设施")),
    ("guided-children", "guidance_service.view", marked("登记的幼儿")),
    ("guidance-sessions", "guidance_service.view", marked("指导服务")),
    ("newborns", "newborn.view", marked("新生儿上门")),
    ("births", "newborn.view", marked("出生数")),
)


def tabs(request, current: str) -> list[dict]:
    return [
        {"label": _(label), "url": reverse(name, args=[request.district.slug]), "current": name == current}
        for name, right, label in TABS
        if request.actor.may(right)
    ]
