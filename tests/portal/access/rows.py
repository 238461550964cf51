"""Who may reach which URL: one row per URL name and method, with the right that the view asks for.

Who is allowed is computed from portal/rules/rights.py and from how far the cast reaches (`REACHED`); the row says only
what the table of rights can't: which status a denial has, and what else a view looks at (`but`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from portal.rules.rights import AT_HOME, RIGHTS, Reach, Role
from tests.portal.stage import Place

#: The cast in Minhang: name -> role.
ROLES = {
    "bureau": Role.BUREAU,
    "clerk": Role.BUREAU,
    "head": Role.UNIT_HEAD,
    "officer": Role.STREET_OFFICER,
    "department": Role.DEPARTMENT,
    "inspector": Role.INSPECTOR,
    "inspector2": Role.INSPECTOR,
    "reviewer": Role.REVIEWER,
    "operator": Role.OPERATOR,
    "desk": Role.DESK,
    "home_visitor": Role.HOME_VISITOR,
    "expert": Role.EXPERT,
    "auditor": Role.AUDITOR,
    "system_admin": Role.SYSTEM_ADMIN,
    "security_admin": Role.SECURITY_ADMIN,
    "audit_admin": Role.AUDIT_ADMIN,
    "parent": Role.PARENT,
}
#: Who reaches what stands `inside`; what stands `outside` is reached by ALL only.
REACHED = {
    Reach.STREETS: {"officer"},
    Reach.FACILITIES: {"operator", "desk"},
    Reach.FILINGS: {"operator"},
    Reach.TEAM: {"inspector", "inspector2"},
    Reach.UNIT: {"bureau", "clerk", "head", "inspector", "reviewer"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
numbers = count(1)


@dataclass(frozen=True)
class Row:
    """A URL of a district. `make(place)` gives the URL's arguments, or (arguments, data to post).

    `denied`: without the right; `then`: a second right that is asked for afterwards, and the status without it;
    `beyond`: with the right, for something out of reach; `but`: who gets another status than the table says, of
    what stands inside; `ok`: for those who may.
    """

    url: str
    method: str
    right: str
    make: Callable[[Place], dict | tuple[dict, dict]] | None = None
    denied: int = 404
    then: tuple[str, int] | None = None
    beyond: int = 404
    ok: int = 0
    but: dict[str, int] = field(default_factory=dict)
    note: str = ""

    #: the tenant in which somebody may: where junk is tried and widths are looked at
    slug = "minhang"

    def __str__(self):
        return f"{self.url}-{self.method}{'-' + self.note if self.note else ''}"

    @property
    def success(self) -> int:
        return self.ok or (200 if self.method == "GET" else 302)

    @property
    def limited(self) -> bool:
        """Whether some role reaches a part only."""
        rights = [self.right] + ([self.then[0]] if self.then else [])
        return self.make is not None and any(
            reach not in (Reach.ALL, Reach.SELF) for right in rights for reach in RIGHTS[right].values()
        )

    def expected(self, name: str, place: str = "inside") -> int:
        """The status for somebody of the cast in Minhang; `place` is inside, outside or foreign."""
        for right, denied in ((self.right, self.denied), self.then or (None, 0)):
            if right is None:
                continue
            reach = RIGHTS[right].get(ROLES[name])
            if reach is None:
                return denied if place != "inside" else self.but.get(name, denied)
            if place == "foreign":
                return 404
            if self.make and reach in REACHED and (place == "outside" or name not in REACHED[reach]):
                return self.beyond if place == "outside" else self.but.get(name, self.beyond)
        return self.but.get(name, self.success) if place == "inside" else self.success

    def expected_of_city(self) -> int:
        """The city's officer looks at what the table lets the city see, and changes nothing in a district."""
        if self.method != "GET":
            return 403
        for right, denied in ((self.right, self.denied), self.then or (None, 0)):
            if right and (Role.CITY not in RIGHTS[right] or right in AT_HOME):
                return denied
        return self.success


@dataclass(frozen=True)
class CityRow(Row):
    """A URL that the city's own tenant has and no district: there it does not exist, whoever asks
    (tests/targets/test_city.py has who gets in at the city's)."""

    slug = "shanghai"

    def expected(self, name: str, place: str = "inside") -> int:
        return 404

    def expected_of_city(self) -> int:
        return 404 if self.method == "GET" else 403


@dataclass(frozen=True)
class Open:
    """A URL outside of any district: its status without and with sign-in."""

    url: str
    method: str
    anonymous: int
    signed: int
    make: Callable[[Place], dict | tuple[dict, dict]] | None = None

    def __str__(self):
        return f"{self.url}-{self.method}"


@dataclass(frozen=True)
class Rest:
    """A URL of the API: the scope that a token needs. `make(place)` gives arguments of a thing in the place."""

    url: str
    method: str
    scope: str
    make: Callable[[Place], dict] | None = None
    #: for clients of the city's tenant: to those of a district it does not exist
    of_city: bool = False

    def __str__(self):
        return f"{self.url}-{self.method}"


def fresh() -> str:
    return f"walk-{next(numbers)}"
