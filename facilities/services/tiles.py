"""Where the streets' tiles stand on the schematic map."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.places import Street
from portal.services import audit

#: The grid that a tile map can fill: columns, rows.
GRID = (12, 20)


def arrange_tiles(places: Mapping[int, tuple[str, str]], *, actor: Actor) -> list[Street]:
    """Moves tiles to (column, row), as text from 1; streets that are not named stay. Loading the reference data leaves
    moved ones alone. Returns those that moved; Refused where a place is none or two tiles would share one."""
    actor.demand("street.arrange")
    streets = list(Street.objects.select_for_update().order_by("code"))
    moved, before = [], {}
    for street in streets:
        if street.pk not in places:
            continue
        place = []
        for text, most, name in zip(places[street.pk], GRID, (_("列"), _("行")), strict=True):
            text = text.strip()
            if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= most):
                raise Refused(
                    _("%(street)s 的%(what)s：填 1 到 %(most)d 之间的数")
                    % {"street": street.name, "what": name, "most": most},
                    field=f"street_{street.pk}",
                    code="place",
                )
            place.append(int(text))
        if (street.tile_column, street.tile_row) != tuple(place):
            before[street.name] = [[street.tile_column, street.tile_row], place]
            street.tile_column, street.tile_row = place
            street.tile_moved = True
            moved.append(street)
    taken: dict[tuple, Street] = {}
    for street in streets:
        place = (street.tile_column, street.tile_row)
        if None not in place and place in taken:
            raise Refused(
                _("%(one)s 和 %(other)s 都在第 %(column)d 列第 %(row)d 行，一格放一个")
                % {"one": taken[place].name, "other": street.name, "column": place[0], "row": place[1]},
                field=f"street_{street.pk}",
                code="shared",
            )
        taken[place] = street
    if moved:
        Street.objects.bulk_update(moved, ["tile_column", "tile_row", "tile_moved"])
        audit.record("facilities.street.arrange", None, actor=actor, name=_("街镇图"), changes=before)
    return moved
