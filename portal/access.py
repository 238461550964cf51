"""Who asks: the actor of a request, a task or a command, and how far the table of rights lets it reach.

The table itself is portal/rules/rights.py. Rows are fetched with `Model.objects.allowed(actor, right)`;
what is no row (a page, an action) is asked with `actor.demand(right)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.errors import Denied
from portal.models.people import ROLE_LABELS, ApiClient, Membership, StreetGrant, User
from portal.models.places import District
from portal.rules import rights
from portal.rules.rights import RIGHTS, Reach, Role

#: Reach -> function (actor) -> ids; an app registers the reaches that need its tables.
REACH_IDS: dict[Reach, Callable] = {
    Reach.STREETS: lambda actor: StreetGrant.objects.filter(
        user=actor.user, permission__codename="serve_street"
    ).values("content_object_id"),
    Reach.UNIT: lambda actor: [m.unit_id for m in actor.memberships if m.unit_id],
    Reach.TEAM: lambda actor: [actor.user.pk],
    Reach.SELF: lambda actor: [actor.user.pk],
}


@dataclass(frozen=True)
class Actor:
    """Somebody, or something, that reads or changes a district's rows."""

    district: District
    user: User | None = None
    memberships: tuple[Membership, ...] = ()
    client: ApiClient | None = None
    process: str = ""
    #: of the city, looking at a district that it may not write in
    visiting: bool = False
    roles: frozenset[Role] = field(default_factory=frozenset)
    _listed: dict[Reach, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def person(cls, user: User, district: District, memberships, *, visiting: bool = False) -> Actor:
        """`visiting`: somebody of the city, looking at a district in a scope that can write nothing."""
        own = tuple(m for m in memberships if m.district_id == district.pk)
        roles = frozenset({Role.CITY}) if visiting else frozenset(Role(m.role) for m in own)
        return cls(district=district, user=user, memberships=own, visiting=visiting, roles=roles)

    @classmethod
    def system(cls, district: District, process: str) -> Actor:
        """A task or command of the product: reaches everything of its district."""
        return cls(district=district, process=process)

    @classmethod
    def visitor(cls, district: District) -> Actor:
        """Somebody who has not signed in and asks for an account: has no right at all."""
        return cls(district=district)

    @classmethod
    def of(cls, user: User, district: District) -> Actor:
        """The actor a user is today in the district of the open scope (for commands and tests)."""
        today = timezone.localdate()
        return cls.person(user, district, Membership.objects.filter(user=user).current(today))

    def reaches(self, permission: str) -> set[Reach]:
        if self.process:
            RIGHTS[permission]
            return {Reach.ALL}
        if self.visiting and permission in rights.AT_HOME:
            return set()
        return rights.reaches(self.roles, permission)

    def may(self, permission: str) -> bool:
        return bool(self.reaches(permission))

    def demand(self, permission: str) -> None:
        """Denied, with the right's own words, unless the actor has the right in some reach."""
        if not self.may(permission):
            raise Denied(_("你的角色不能做这件事"))

    def ids(self, reach: Reach):
        return REACH_IDS[reach](self)

    def listed(self, reach: Reach) -> list[int]:
        """The same ids written out, read once: for SQL, and where the planner is to see how few they are."""
        if reach not in self._listed:
            found = self.ids(reach)
            values = found if isinstance(found, list) else [next(iter(row.values())) for row in found]
            self._listed[reach] = [int(value) for value in values]
        return self._listed[reach]

    @property
    def unit(self):
        return next((m.unit for m in self.memberships if m.unit_id), None)

    @property
    def label(self) -> str:
        if self.process:
            return self.process
        if self.client:
            return f"API {self.client.name}"
        if self.user is None:
            return "visitor"
        return f"{self.user.name} ({', '.join(sorted(self.roles))})"

    @property
    def role_labels(self) -> list[str]:
        return [str(ROLE_LABELS[role]) for role in Role if role in self.roles]

    def same_person(self, user: User | None) -> bool:
        return self.user is not None and user is not None and self.user.pk == user.pk


def register_reach(reach: Reach, ids: Callable) -> None:
    REACH_IDS[reach] = ids
