"""What goes in from and out to spreadsheets: each app declares its lists here, the engine knows none of them.

docs/import.md tells how to declare one. Coming in, a list says its columns, which rows are which records, what is
wrong with a row and which service writes; services/imports.py reads, stages, previews and writes. Going out, a list
says its columns and gives the rows that its page shows; services/exports.py writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from portal.rules.cells import Choice, Text, YesNo

if TYPE_CHECKING:
    from portal.access import Actor
    from portal.services.import_stage import Stage

#: A larger file is made by a task.
AT_ONCE = 5000


@dataclass(frozen=True)
class Column:
    """One column of a list that comes in.

    `needed`: a new record must have it. `mask`: how its cells stand in the preview, for a person's data.
    `staged`: for what never stands unencrypted in the database, what stands in the staging table instead (a keyed
    hash). `about`: a word for the template.
    """

    field: str
    heading: str  # marked
    parser: Any = field(default_factory=Text)
    aliases: tuple[str, ...] = ()
    needed: bool = False
    example: str = ""
    about: str = ""  # marked
    mask: Callable[[str], str] | None = None
    staged: Callable[[Any], str] | None = None
    width: int = 14

    @property
    def label(self) -> str:
        return _(self.heading)

    @property
    def secret(self) -> bool:
        return self.staged is not None

    @property
    def values(self) -> tuple[str, ...]:
        """What can be chosen from, for the template and for sentences."""
        if isinstance(self.parser, YesNo):
            return (_("是"), _("否"))
        return self.parser.labels if isinstance(self.parser, Choice) else ()


@dataclass(frozen=True)
class ImportList:
    """A list that comes in.

    right: who may write it. columns: (actor) -> its columns with the district's own choices in them.
    rules: (values, today) -> [(field, sentence, facts)], plain rules of one row; fields that are missing or empty
    are not looked at. match: fills in which record a row is and what is wrong, by SQL over the staged rows.
    write: writes what is new and changed, through the app's bulk service. similar: likely doubles, after the
    preview. after: what is queued once everything is written, (district id, rows written).
    """

    key: str
    title: str  # marked
    unit: str  # marked
    url: str  # the page that shows the list
    right: str
    columns: Callable[[Actor], tuple[Column, ...]]
    match: Callable[[Stage], None]
    write: Callable[[Stage], None]
    #: By which fields a row can be known; of one way all columns must be in the file.
    known_by: tuple[tuple[str, ...], ...]
    rules: Callable[[dict, date], Iterable[tuple[str, str, dict]]] = lambda values, today: ()
    similar: Callable[[Stage], None] | None = None
    #: Tries the rows with the service that would write them, and takes all of it back: for lists that are written row
    #: by row (services/import_rows.py).
    trial: Callable[[Stage], None] | None = None
    #: Whether the file holds persons' numbers and is kept encrypted.
    personal: bool = False
    order: int = 100
    about: str = ""  # marked

    @property
    def label(self) -> str:
        return _(self.title)

    @property
    def keys(self) -> list[str]:
        """The fields by which rows are matched."""
        return sorted({field for way in self.known_by for field in way})


@dataclass(frozen=True)
class OutColumn:
    """One column that goes out. `personal`: what it holds of a person ('name', 'phone', 'number'), masked unless it is
    revealed; a number is left out altogether."""

    heading: str  # marked
    width: int = 14
    personal: str = ""


@dataclass(frozen=True)
class Rows:
    """What an export gives: how many rows (an AtLeast, or None, where nobody counts them), and the rows."""

    count: int | None
    rows: Iterable[tuple]


@dataclass(frozen=True)
class Asked:
    """What an export is asked for: by whom, the page's own address, on which day, with persons' data in full or not."""

    actor: Actor
    query: Any
    on: date
    revealed: bool = False


@dataclass(frozen=True)
class ExportList:
    """A list that goes out as its page shows it: `rows` reads the page's own address.

    reveal: the right that may see what is personal in full; with '' nobody does. of: where the page is about one row
    (a facility's children, a rule's facilities), the name under which the query says which.
    """

    key: str
    title: str  # marked
    url: str
    right: str
    columns: Callable[[Asked], tuple[OutColumn, ...]]
    rows: Callable[[Asked], Rows]
    reveal: str = ""
    of: str = ""
    order: int = 100

    @property
    def label(self) -> str:
        return _(self.title)


@dataclass
class Lists:
    incoming: dict[str, ImportList] = field(default_factory=dict)
    outgoing: dict[str, ExportList] = field(default_factory=dict)

    def takes(self, *lists: ImportList) -> None:
        self.incoming.update({one.key: one for one in lists})

    def gives(self, *lists: ExportList) -> None:
        self.outgoing.update({one.key: one for one in lists})

    def in_order(self, actor: Actor) -> list[ImportList]:
        """What the actor may bring in."""
        return sorted((i for i in self.incoming.values() if actor.may(i.right)), key=lambda i: i.order)


LISTS = Lists()


def with_choices(columns: Iterable[Column], **parsers) -> tuple[Column, ...]:
    """Columns with the parsers that depend on the district in their place."""
    return tuple(replace(c, parser=parsers[c.field]) if c.field in parsers else c for c in columns)
