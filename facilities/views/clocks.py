"""The board of clocks: what ends when, for district, street and operator; its counts; the card of 'today'."""

from __future__ import annotations

from datetime import date

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import credit
from facilities.forms.clocks import ClockFilter, light_words
from facilities.paging import AtLeast, Page, decode, encode
from facilities.views.rows import base
from portal.clocks.board import CAP, SIZE, Board, Due, Wanted
from portal.models.places import Street
from portal.rules.clocks import LATER, OVER
from portal.templatetags.ui import day_words, masked, status

CARD = 6
#: Kinds of the values of a row's place; see portal.clocks.board.Due.place.
PLACE = (date, str, date, int, int)


def left_words(due: date, on: date) -> str:
    """`过期 3 天`, `今天到期`, `剩 12 天`."""
    left = (due - on).days
    if left < 0:
        return _("过期 %(n)d 天") % {"n": -left}
    if left == 0:
        return _("今天到期")
    return _("剩 %(n)d 天") % {"n": left}


class ClockRows:
    """Rows of the board as plain strings; what repeats is made once for the page."""

    def __init__(self, board: Board, slug: str, streets: dict[int, str]):
        self.board, self.slug, self.streets, self.on = board, slug, streets, board.on
        self.labels = {clock.key: _(clock.label) for clock in board.clocks}
        self.words = {
            clock.key: {value: _(str(word)) for value, word in clock.words.items()} for clock in board.clocks
        }
        self.facility = base("facility", slug)
        self.pages: dict[str, str] = {}

    def url(self, row: Due) -> str:
        """The page on which the row is renewed."""
        clock = row.clock
        if not clock.page or row.page_id is None:
            return ""
        if clock.page not in self.pages:
            self.pages[clock.page] = reverse(clock.page, args=[self.slug, 987654321])
        address = self.pages[clock.page].replace("987654321", str(row.page_id))
        return f"{address}#{clock.anchor}" if clock.anchor else address

    def row(self, row: Due) -> dict:
        light = self.board.light_of(row.due)
        who = masked(row.who) if row.who else ""
        return {
            "label": self.labels[row.clock.key],
            "what": self.words[row.clock.key].get(row.what, row.what),
            "who": who,
            "code": row.code,
            "url": self.url(row),
            "facility": row.facility,
            "facility_code": row.facility_code,
            "facility_url": f"{self.facility}{row.facility_id}/" if row.facility_id else "",
            "street": self.streets.get(row.street_id, ""),
            "due": format_html(
                '<time datetime="{}">{}</time>', row.due.isoformat(), day_words(row.due, self.on)
            ),
            "left": left_words(row.due, self.on),
            "light": light,
            "state": status(light.state, left_words(row.due, self.on)),
        }


def asked(query, board: Board) -> tuple[ClockFilter, Wanted, dict[int, str]]:
    """The filter bar, its conditions, and the names of the streets."""
    streets = list(Street.objects.only("id", "name"))
    form = ClockFilter(query, board=board, streets=streets)
    form.is_valid()
    given = form.cleaned_data
    wanted = Wanted(
        clocks=given.get("kind") or (),
        lights=given.get("light") or (),
        streets=given.get("street") or (),
        facility=given.get("facility") or "",
    )
    return form, wanted, {street.pk: street.name for street in streets}


def page_of(board: Board, wanted: Wanted, query) -> Page:
    """One page by key, as facilities.paging makes them."""
    after, before = query.get("after"), query.get("before")
    backwards = bool(before) and not after
    place = decode(after or before, PLACE) if after or before else None
    rows = board.rows(
        wanted,
        after=None if backwards else place,
        before=place if backwards else None,
        size=SIZE + 1,
    )
    more = len(rows) > SIZE
    rows = (rows[1:] if backwards else rows[:SIZE]) if more else rows
    first, last = (encode(rows[0].place), encode(rows[-1].place)) if rows else (None, None)
    return Page(
        rows=rows,
        before=first if (more if backwards else bool(place)) else None,
        after=last if (True if backwards else more) else None,
        start=1 if rows and not (more if backwards else place) else None,
    )


@require_GET
def clocks(request, district):
    """What ends, sorted by its day; the numbers above come by themselves (`clocks_summary`)."""
    request.actor.demand("clock.view")
    board = Board(request.actor, timezone.localdate())
    form, wanted, streets = asked(request.GET, board)
    page = page_of(board, wanted, request.GET)
    listings = credit.listings(row.facility_id for row in page.rows if row.facility_id)
    rows = ClockRows(board, district, streets)
    kept = request.GET.copy()
    for name in ("light", "after", "before"):
        kept.pop(name, None)
    rest = kept.urlencode()

    def tab(words: str, lights: list[str]) -> dict:
        query = "&".join([f"light={key}" for key in lights] + ([rest] if rest else []))
        return {
            "label": words,
            "url": f"?{query}",
            "count": None,
            "current": sorted(lights) == sorted(wanted.lights),
        }

    near = [light for light in board.lights if light.key != LATER]
    return render(
        request,
        "facilities/clocks.html",
        {
            "form": form,
            "page": page,
            "rows": [rows.row(row) | {"listing": listings.get(row.facility_id)} for row in page.rows],
            "views": [
                tab(_("全部"), []),
                *(tab(light_words(light), [light.key]) for light in board.lights),
            ],
            "bounds": _("、").join(str(light.last) for light in reversed(near) if light.key != OVER),
            "problems": [f"{form[name].label}：{' '.join(texts)}" for name, texts in form.errors.items()],
            "filtered": any((wanted.clocks, wanted.lights, wanted.streets, wanted.facility)),
            "query": request.GET.urlencode(),
        },
    )


def number(count: int) -> int:
    return AtLeast(CAP) if count > CAP else count


def added(counts: list[int]) -> int:
    """A sum of counts of which some may have stopped."""
    total = sum(int(count) for count in counts)
    return AtLeast(total) if any(isinstance(count, AtLeast) for count in counts) else total


@require_GET
def clocks_summary(request, district):
    """How many of each clock in each light, under the same conditions; a part of the board."""
    request.actor.demand("clock.view")
    board = Board(request.actor, timezone.localdate())
    _form, wanted, _streets = asked(request.GET, board)
    wanted = Wanted(wanted.clocks, (), wanted.streets, wanted.facility)
    found = {key: number(count) for key, count in board.counts(wanted).items()}
    kept = request.GET.copy()
    for name in ("light", "kind", "after", "before"):
        kept.pop(name, None)
    rest = f"&{kept.urlencode()}" if kept else ""
    address = reverse("clocks", args=[district])
    lights = [light for light in board.lights if light.key != LATER]
    lines = []
    for clock in board.chosen(wanted):
        counts = [found[clock.key, light.key] for light in lights]
        if any(counts):
            lines.append(
                {
                    "label": _(clock.label),
                    "url": f"{address}?kind={clock.key}{rest}",
                    "cells": [
                        {
                            "count": count,
                            "state": light.state,
                            "url": f"{address}?kind={clock.key}&light={light.key}{rest}",
                        }
                        for light, count in zip(lights, counts, strict=True)
                    ],
                }
            )
    totals = [
        {
            "words": light_words(light),
            "state": light.state,
            "url": f"{address}?light={light.key}{rest}",
            "count": added([found[clock.key, light.key] for clock in board.chosen(wanted)]),
        }
        for light in lights
    ]
    return render(request, "facilities/clocks_summary.html", {"lines": lines, "totals": totals})


@require_GET
def clocks_card(request, district):
    """The card of 'today': what has ended or ends next."""
    request.actor.demand("clock.view")
    board = Board(request.actor, timezone.localdate())
    lights = [light for light in board.lights if light.key != LATER][:-1] or board.lights[:1]
    wanted = Wanted(lights=[light.key for light in lights])
    found = board.rows(wanted, size=CARD + 1)
    rows = ClockRows(board, district, {})
    listings = credit.listings(row.facility_id for row in found[:CARD] if row.facility_id)
    return render(
        request,
        "facilities/card_clocks.html",
        {
            "rows": [rows.row(row) | {"listing": listings.get(row.facility_id)} for row in found[:CARD]],
            "more": len(found) > CARD,
            "days": lights[-1].last,
        },
    )
