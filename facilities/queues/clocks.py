"""What the clocks show on pages of others: the queue of 'today', and the day's one message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.forms.clocks import light_words
from facilities.views.clocks import ClockRows, added, number
from portal.access import Actor
from portal.clocks.board import Board, Wanted
from portal.clocks.tally import Tally, edge_of
from portal.navigation import Line, Waiting
from portal.rules.clocks import LATER, OVER
from portal.rules.rights import Reach

SHOWN = 20
#: What an operator reads on 'today' already, line by line: the gaps of the file, the children's health checks.
TOLD = ("insurance", "lease", "child-health")
#: The digest names so many kinds.
NAMED = 4


def waiting(actor) -> list[Waiting]:
    """For an operator what has ended or ends soon, row by row; for the others one line."""
    if actor.process or not actor.may("clock.remind"):
        return []
    board = Board(actor, timezone.localdate())
    slug = actor.district.slug
    lights = [light.key for light in board.lights if light.key != LATER]
    if Reach.FACILITIES in actor.reaches("clock.remind"):
        kinds = [clock.key for clock in board.clocks if clock.key not in TOLD]
        rows = ClockRows(board, slug, {})
        found = board.rows(Wanted(clocks=kinds, lights=lights[:-1] or lights), size=SHOWN)
        return [line(rows.row(one), one, order=60) for one in found]
    near = lights[:2]
    count = added([number(n) for n in board.counts(Wanted(lights=near)).values()])
    if not count:
        return []
    query = "&".join(f"light={key}" for key in near)
    return [
        Waiting(
            title=_("%(n)s 项证照和事项已过期或 %(days)d 天内到期")
            % {"n": f"{count:,}", "days": board.light(near[-1]).last or 0},
            facts="",
            url=f"{reverse('clocks', args=[slug])}?{query}",
            verb=_("看名单"),
            state="bad",
            order=80,
        )
    ]


def line(row: dict, one, *, order: int) -> Waiting:
    """A row of the board as something that waits."""
    words = "　".join(part for part in (row["what"] or row["label"], row["who"] or "") if part)
    return Waiting(
        title=_("%(left)s：%(what)s") % {"left": row["left"], "what": words},
        facts="　".join(
            part for part in (row["label"] if row["what"] else "", row["code"], row["facility"]) if part
        ),
        url=row["url"],
        verb=_("去办"),
        due=one.due,
        state=row["light"].state,
        order=order,
    )


def digest(actor, on: date, first: date) -> Callable[[Actor, date], list[Line]]:
    """Counts the district once; what it gives tells each person."""
    tally = Tally(actor, on, first)
    return lambda person, since: told(tally, person, since) if person.may("clock.remind") else []


def told(tally: Tally, person: Actor, since: date) -> list[Line]:
    """What has come into a nearer light since the last message: newly over, newly within 7, 30, 90 days; and how many
    were over before. Nothing where nothing is new and nothing was over."""
    found = tally.reached(person)
    address = reverse("clocks", args=[person.district.slug])
    labels = {clock.key: _(clock.label) for clock in tally.board.clocks}
    lines = []
    for light in tally.lights:
        # what `last` days ahead meant since then: each day on which something may have come into the light
        edge = edge_of(light)
        counts = tally.between(found, since + timedelta(edge + 1), tally.on + timedelta(edge))
        if not counts:
            continue
        kinds = sorted(counts, key=lambda key: -counts[key])
        named = _("、").join(f"{labels[key]} {counts[key]:,}" for key in kinds[:NAMED])
        if len(kinds) > NAMED:
            named += _("等")
        words = (
            _("新过期 %(n)s 项：%(what)s")
            if light.key == OVER
            else _("%(light)s到期，新增 %(n)s 项：%(what)s")
        )
        lines.append(
            Line(
                words % {"n": f"{sum(counts.values()):,}", "what": named, "light": light_words(light)},
                light.state,
                f"{address}?light={light.key}",
            )
        )
    over = tally.over(found)
    if over:
        words = ngettext("一共 %(n)s 项已过期", "一共 %(n)s 项已过期", over)
        lines.append(Line(words % {"n": f"{over:,}"}, "bad", f"{address}?light={OVER}"))
    return lines
