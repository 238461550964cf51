"""The board of clocks as a spreadsheet, in the board's order."""

from __future__ import annotations

from collections.abc import Iterator

from facilities.exports.sheet import CHUNK
from facilities.views import clocks as clock_views
from portal.clocks.board import Board
from portal.rules.machine import marked
from portal.spreadsheets import AT_ONCE, Asked, ExportList, OutColumn, Rows

COLUMNS = (
    OutColumn(marked("到期"), 12),
    OutColumn(marked("期限"), 14),
    OutColumn(marked("事项"), 18),
    OutColumn(marked("种类"), 20),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("编号"), 18),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
)


def clocks(asked: Asked) -> Rows:
    """The board is read on from the last row's place, as its pages are."""
    board = Board(asked.actor, asked.on)
    _form, wanted, streets = clock_views.asked(asked.query, board)

    def rows() -> Iterator[tuple]:
        shown, place = clock_views.ClockRows(board, asked.actor.district.slug, streets), None
        while found := board.rows(wanted, after=place, size=CHUNK):
            for row in found:
                key = row.clock.key
                yield (
                    row.due,
                    clock_views.left_words(row.due, asked.on),
                    shown.labels[key],
                    shown.words[key].get(row.what, row.what),
                    row.who,
                    row.code,
                    row.facility_code,
                    row.facility,
                    streets.get(row.street_id, ""),
                )
            if len(found) < CHUNK:
                return
            place = found[-1].place

    return Rows(sum(board.counts(wanted, AT_ONCE).values()), rows())


EXPORTS = (ExportList("clocks", marked("到期提醒"), "clocks", "clock.view", lambda asked: COLUMNS, clocks),)
