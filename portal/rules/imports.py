"""Words and limits of an import."""

from portal.rules.machine import marked

#: What happens to a row.
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"
OUTCOMES = {NEW: marked("新增"), CHANGED: marked("更新"), SAME: marked("没有变化"), WRONG: marked("有错")}
#: How bad a remark is: `wrong` keeps the row out, `likely` may be a double, `note` only says something.
LEVELS = ("wrong", "likely", "note")

MOST_ROWS = 100_000
MOST_COLUMNS = 256
#: Rows of a list that is written one by one, by the service that people use.
MOST_ONE_BY_ONE = 5_000
#: Wrong rows that are kept with their cells; a file with more has the same mistake in a column.
KEPT_WRONG = 2000
#: Changed and new rows that the preview shows.
KEPT_OTHERS = 200
#: Up to so many new rows are indexed for the search while they are written; more come after, by a task.
INDEXED_AT_ONCE = 2000
