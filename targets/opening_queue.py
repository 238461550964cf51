"""The first steps of a district that the city opened in the browser (docs/new-district.md), each until it is done."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.models import Facility
from portal.access import Actor
from portal.models.people import Membership
from portal.models.policy import PolicyDocument
from portal.navigation import Waiting
from portal.rules.rights import Role
from portal.services.known_parameters import missing
from targets.models.reports import ReportSetting

#: The product's own requirements, which every district begins with.
OWN = "own"
#: How long after the opening a district is led through them.
DAYS = 366


def waiting(actor: Actor) -> list[Waiting]:
    """In their order, for those who may take them: accounts, the plan, values of parameters, facilities, how reports go
    out. The yearly plan of inspections stands in its own queue."""
    opened = actor.district.opened_at
    if actor.user is None or actor.visiting or opened is None:
        return []
    if timezone.now() - opened > timedelta(DAYS):
        return []
    slug = actor.district.slug

    def step(order: int, title: str, facts: str, name: str, verb: str, query: str = "") -> Waiting:
        return Waiting(title, facts, reverse(name, args=[slug]) + query, verb, order=order)

    found = []
    if actor.may("person.manage") and not Membership.objects.filter(role=Role.BUREAU).exists():
        found.append(
            step(1, _("给教育局的人开账号"), _("至少两个人：要紧的事由第二个人确认"), "people", _("去开账号"))
        )
    if actor.may("document.manage") and not PolicyDocument.objects.exclude(key=OWN).exists():
        facts = _("手填，或从表格、YAML 文件读进来；由另一个人发布")
        found.append(step(2, _("录入本区的三年行动计划"), facts, "document-drafts", _("去录入")))
    if actor.may("parameter.manage") and (lacking := len(missing())):
        title = ngettext("%(n)d 个参数还没有取值", "%(n)d 个参数还没有取值", lacking) % {"n": lacking}
        facts = _("没有取值，用到它的备案、指标和规则就不能办")
        found.append(step(3, title, facts, "parameters", _("去填"), "?view=missing"))
    if actor.may("facility.manage") and not Facility.objects.exists():
        facts = _("一家一家登记，或者从表格导入")
        found.append(step(4, _("登记本区的托育机构"), facts, "imports", _("去导入")))
    if actor.may("report.set") and not ReportSetting.objects.exists():
        facts = _("发文机关、文号、主送，每种报告写一次")
        found.append(step(5, _("写好发文设置"), facts, "report-settings", _("去写")))
    return found
