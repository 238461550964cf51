"""The main job of a month from end to end, as far as the records go: freeze, draw, figures, report.

Each function runs in the district's scope and in a transaction of its own, because a frozen list must be public
before the witness's text comes. Nothing here makes a visit: what people have to do is told, with who has to.
Run again it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Draw, Scheme
from inspections.services import draw_entropy, draws, plans
from inspections.services import month as draw_month
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.places import District
from portal.services.files import path_of
from portal.templatetags.ui import day_words, month_word
from targets.models import Report, Snapshot
from targets.services import reports, rollup


@dataclass
class Request:
    """What the command was asked: which month, and what the witness saw."""

    district: District
    year: int
    month: int
    now: datetime
    source: str = ""
    entropy: str = ""
    scheme: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def on(self):
        return timezone.localdate(self.now)


def chosen_scheme(asked: Request) -> Scheme:
    """The one scheme that the text is for; Refused when the plan has several and none is named."""
    schemes = plans.schemes(asked.year, asked.on)
    if asked.scheme:
        found = [scheme for scheme in schemes if scheme.key == asked.scheme]
    else:
        found = schemes
    if len(found) == 1:
        return found[0]
    if not schemes:
        raise Refused(_("%(year)s 年没有检查计划，不能抽取") % {"year": asked.year}, code="no_plan")
    names = "、".join(scheme.key for scheme in schemes)
    raise Refused(
        _("方案：用 --scheme 写明是哪一个：%(names)s") % {"names": names}, field="scheme", code="scheme"
    )


def check(asked: Request) -> None:
    """Refused, before anything is written, for what cannot be: a month that is none, text that is missing,
    used before or no throw of dice, a source that is no public fact."""
    draws.check_month(asked.year, asked.month)
    if asked.scheme:
        chosen_scheme(asked)
    if not asked.source and not asked.entropy:
        return
    if not asked.source:
        raise Refused(
            _("来源：随机文本要写明来源，--source witness 或 lottery"), field="source", code="source"
        )
    if asked.source not in Draw.Source.values:
        raise Refused(
            _("来源：%(given)s 不认识，可以是 witness、lottery、beacon、chained") % {"given": asked.source},
            field="source",
            code="source",
        )
    if asked.source == Draw.Source.CHAINED:
        if asked.entropy:
            raise Refused(_("来源：接链不用随机文本，去掉 --entropy"), field="source", code="source")
        chosen_scheme(asked)
        return
    if asked.source == Draw.Source.BEACON:
        raise Refused(
            _("来源：本部署没有指定公共随机信标，用 witness（现场见证）或冻结时指定的 lottery"),
            field="source",
            code="beacon",
        )
    draw = draws.valid_draw(chosen_scheme(asked).key, asked.year, asked.month)
    if asked.entropy == "-" and (draw is None or draw.state == "frozen"):
        return  # read after the list is frozen
    value = draw_entropy.clean_value(asked.source, asked.entropy)
    if draw is not None and draw.entropy_value:
        if draw.entropy_value != value:
            raise Conflict(
                _("%(m)s 月已经录入过另一段随机文本，不能换成这一段") % {"m": month_word(asked.month)},
                code="entropy_other",
            )
        return
    draw_entropy.check_unused(draw or Draw(), value)


def see(asked: Request, *, actor: Actor) -> list[draw_month.SchemeMonth]:
    """Freezes where it is due, publishes what may be published, and says where each scheme stands."""
    return draw_month.see_month(
        asked.district, asked.year, asked.month, on=asked.on, actor=actor, at=asked.now
    )


def lines_of(found: list[draw_month.SchemeMonth]) -> list[str]:
    """The five steps of each scheme, with who is waited for."""
    lines = []
    for one in found:
        lines.append(f"{one.scheme.name}（{one.scheme.key}）")
        for step in one.steps:
            mark = {"ok": "✓", "doing": "…", "warn": "!", "bad": "✗", "none": "·"}[step.state]
            waits = (
                _("　等 %(who)s") % {"who": step.waits_for} if step.waits_for and step.state != "ok" else ""
            )
            lines.append(f"  {mark} {step.label}　{step.note}{waits}")
        lines += [f"  + {what}" for what in one.did]
    if not found:
        lines.append(_("没有检查计划，这个月不抽取"))
    return lines


def enter(asked: Request, *, fresh: bool, actor: Actor) -> list[str]:
    """Enters what the witness saw. `fresh`: the list was frozen by this very run, which the record then says."""
    scheme = chosen_scheme(asked)
    draw = draws.valid_draw(scheme.key, asked.year, asked.month)
    if draw is None:
        return [_("名单还没有冻结，随机文本没有用上")]
    if draw.state != "frozen":
        return [_("随机文本早已录入")]
    note = _("命令行录入，与冻结同一次运行") if fresh else _("命令行录入")
    draw_entropy.enter_witness(
        draw, source=asked.source, value=asked.entropy, actor=actor, witnesses=note, at=timezone.now()
    )
    return [_("录入了随机文本，来源 %(source)s（%(note)s）") % {"source": asked.source, "note": note}]


def confirm(asked: Request, *, second: Actor | None) -> list[str]:
    """The second person confirms and the draw is made; without one it waits."""
    scheme = chosen_scheme(asked)
    draw = draws.valid_draw(scheme.key, asked.year, asked.month)
    if draw is None or draw.state != "witnessed":
        return []
    if second is None:
        return [_("抽取要第二人确认：在双随机页上确认，或加 --second 用户名再运行一次")]
    try:
        draw = draws.confirm_and_draw(draw, actor=second, seen=draw.entropy_value, at=timezone.now())
    except Refused as refused:
        if refused.code != "publicity":
            raise
        return [str(refused.message)]
    return [_("%(who)s 确认，抽取完成，%(n)s 家") % {"who": second.user.name, "n": draw.inspections.count()}]


def chain(asked: Request, *, fresh: bool, actor: Actor) -> list[str]:
    """Draws chained, asked for by name."""
    scheme = chosen_scheme(asked)
    draw = draws.valid_draw(scheme.key, asked.year, asked.month)
    if draw is None:
        return [_("名单还没有冻结，不能接链")]
    if draw.state != "frozen":
        return [_("这个月已经录入或抽取，不用接链")]
    if fresh:
        return [_("名单刚刚冻结，指纹要先公开，下次运行再接链")]
    draw = draws.draw_chained(draw, actor=actor, by_name=True, on=asked.on, at=asked.now)
    return [_("接链抽取完成，%(n)s 家") % {"n": draw.inspections.count()}]


def figures(asked: Request, *, actor: Actor) -> tuple[Snapshot | None, list[str]]:
    """The month's roll-up; none for a month that has not begun."""
    try:
        period = rollup.period_of(asked.year, asked.month, on=asked.on)
    except Refused as refused:
        if refused.code != "future":
            raise
        return None, [str(refused.message)]
    snapshot = rollup.roll_up(period, actor=actor, now=asked.now)
    words = _("数字算到 %(day)s，快照 %(id)s，指纹 %(hash)s") % {
        "day": day_words(snapshot.as_of, asked.on),
        "id": snapshot.pk,
        "hash": snapshot.sha256[:16],
    }
    lost = [
        _("  ! %(metric)s：%(why)s") % {"metric": key, "why": why} for key, why in snapshot.unknown.items()
    ]
    return snapshot, [words, *lost]


def report(asked: Request, *, actor: Actor) -> tuple[Report, list[str]]:
    """The month's draft on these figures, or the issued report as it is."""
    found = reports.draft_report(asked.year, asked.month, actor=actor, now=asked.now)
    if found.state == "issued":
        return found, [_("已印发，文号 %(number)s") % {"number": found.number}]
    who = _("单位负责人核稿、印发") if found.content["closed"] else _("月底以后由单位负责人核稿、印发")
    return found, [_("送审稿，等 %(who)s") % {"who": who}]


def summary(found: Report) -> list[str]:
    """What the month comes to, in the words of the report's first section."""
    return next(
        section["paragraphs"] for section in found.content["sections"] if section["key"] == "overview"
    )


def print_now(found: Report, *, actor: Actor) -> str:
    """The path of the PDF, set in this process if no worker was quicker."""
    printed = reports.print_report(found, actor=actor)
    return str(path_of(printed.file))
