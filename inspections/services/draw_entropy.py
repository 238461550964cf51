"""The entropy of a month's draw: what the witness saw, entered by one person, sent back where it was misheard.

The second person's confirmation is the draw itself (draws.confirm_and_draw).
"""

from __future__ import annotations

import re
from datetime import datetime

from django.utils.translation import gettext as _

from inspections.models import Draw
from inspections.rules import draw as rules
from inspections.rules.frozen import DrawError
from inspections.rules.states import DRAW
from inspections.services import chains
from inspections.services.draws import locked, one_line
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit, publicity
from portal.services.steps import step
from portal.templatetags.ui import month_word

DICE = 20

_only_dice = re.compile(r"[1-6\s]+").fullmatch
_only_numbers = re.compile(r"[0-9][0-9\s+,，、|/:：;；-]*").fullmatch
_numbers = re.compile(r"[0-9]+").findall


def is_dice(value: str) -> bool:
    """Whether an entropy text is a throw of twenty dice."""
    return bool(_only_dice(value)) and len(re.sub(r"\s", "", value)) == DICE


def clean_value(source: str, value: str) -> str:
    """The entropy text as it enters the seed. Dice are written with one blank between them, twenty of them; the
    numbers of a lottery in the order of the notice, with one blank between them. One result has one writing only:
    where the link is public, a choice among writings would be a choice among draws."""
    try:
        value = rules.clean_entropy(value)
    except DrawError as error:
        sentences = {
            "entropy_empty": _("随机文本：还没有填"),
            "entropy_lines": _("随机文本：只能有一行"),
            "entropy_long": _("随机文本：最多 200 个字符，现在 %(n)s 个") % {"n": len(str(value).strip())},
        }
        sentence = sentences.get(error.code, _("随机文本：含有用不了的字符"))
        raise Refused(sentence, field="value", code=error.code) from error
    if source == Draw.Source.LOTTERY:
        if not _only_numbers(value):
            raise Refused(
                _("开奖结果：只写号码，照公告的顺序，用空格隔开"), field="value", code="lottery_numbers"
            )
        value = " ".join(_numbers(value))
    if source == Draw.Source.WITNESS and _only_dice(value):
        digits = re.sub(r"\s", "", value)
        if len(digits) != DICE:
            raise Refused(
                _("骰子：要 %(want)s 次，现在 %(have)s 次") % {"want": DICE, "have": len(digits)},
                field="value",
                code="dice",
            )
        value = " ".join(digits)
    return value


def check_unused(draw: Draw, value: str) -> None:
    """Refused when the text served any draw of the district before, blanks aside."""
    bare = re.sub(r"\s", "", value).casefold()
    used = Draw.objects.exclude(pk=draw.pk).exclude(entropy_value="")
    for year, month, other in used.values_list("year", "month", "entropy_value"):
        if re.sub(r"\s", "", other).casefold() == bare:
            raise Refused(
                _("随机文本：%(year)s 年 %(month)s 月的抽取用过同一段，不能再用。重新掷骰")
                % {"year": year, "month": month_word(month)},
                field="value",
                code="entropy_used",
            )


def enter_witness(
    draw: Draw,
    *,
    source: str,
    value: str,
    actor: Actor,
    note: str = "",
    witnesses: str = "",
    at: datetime | None = None,
) -> Draw:
    """Enters what the witness saw: twenty dice (or another witnessed text), or the result of the lottery issue
    that was named at the freezing. A second person confirms it (`confirm_and_draw`).

    A draw whose link was public at the freezing takes the lottery only.

    Refused: no text, one that was used before, too long, more than one line, a source that is not a public fact.
    """
    actor.demand("draw.witness")
    if source not in (Draw.Source.WITNESS, Draw.Source.LOTTERY):
        raise Refused(
            _("来源：只能是现场见证或冻结时指定的彩票；接链不能手工录入"), field="source", code="source"
        )
    witnesses = one_line(witnesses, "witnesses", _("见证人"))
    note = one_line(note, "note", _("彩票期号"))
    value = clean_value(source, value)
    publicity.demand(witnesses, field="witnesses", label=_("见证人"))
    publicity.demand(value, field="value", label=_("随机文本"))
    _on, at = chains.moment(None, at)
    chains.lock("entropy")
    draw = locked(draw)
    target = step(DRAW, draw, "enter")
    if draw.void_requested_at is not None:
        raise Conflict(_("有人申请作废这次抽取，先由单位负责人决定"), code="void_requested")
    if at <= draw.frozen_at:
        raise Refused(_("随机文本要在冻结之后产生"), field="value", code="entropy_early")
    if draw.lottery_only and source != Draw.Source.LOTTERY:
        raise Refused(
            _("来源：这个月的一环已经公开，只能录入冻结时指定的彩票 %(issue)s")
            % {"issue": draw.entropy_note},
            field="source",
            code="lottery_only",
        )
    if source == Draw.Source.LOTTERY:
        if not draw.entropy_note:
            raise Refused(
                _("来源：冻结时没有指定彩票期号，这个月只能现场见证"),
                field="source",
                code="lottery_not_named",
            )
        if note and note != draw.entropy_note:
            raise Refused(
                _("彩票期号：冻结时指定的是 %(issue)s") % {"issue": draw.entropy_note},
                field="note",
                code="lottery_other",
            )
    check_unused(draw, value)
    draw.state = target
    draw.entropy_source, draw.entropy_value = source, value
    draw.witnesses, draw.entered_at, draw.entered_by = witnesses, at, actor.user
    draw.save(
        update_fields=["state", "entropy_source", "entropy_value", "witnesses", "entered_at", "entered_by"]
    )
    audit.record("inspections.draw.enter", draw, actor=actor, changes={"source": source, "value": value})
    return draw


def correct(draw: Draw, *, actor: Actor) -> Draw:
    """The second person heard something else in the room: the entry is taken back and entered again."""
    actor.demand("draw.confirm")
    draw = locked(draw)
    target = step(DRAW, draw, "correct")
    before = draw.entropy_value
    draw.state = target
    draw.entropy_source = draw.entropy_value = draw.witnesses = ""
    draw.entered_at = draw.entered_by = None
    draw.save(
        update_fields=["state", "entropy_source", "entropy_value", "witnesses", "entered_at", "entered_by"]
    )
    audit.record("inspections.draw.correct", draw, actor=actor, changes={"value": [before, ""]})
    return draw
