"""Who acts in the story: the people of the open district, each with the rights that they really have."""

from __future__ import annotations

from functools import cached_property

from inspections.models import TeamMember
from portal.access import Actor
from portal.models.people import Membership, User
from portal.rules.rights import Role
from targets.demonstration.people import username
from targets.demonstration.sizes import Size


class Crew:
    """Actors by their parts. `system` is the product's own process."""

    def __init__(self, size: Size, system: Actor):
        self.size = size
        self.system = system
        self._actors: dict[int, Actor] = {}

    @cached_property
    def _memberships(self) -> dict[int, list[Membership]]:
        found: dict[int, list[Membership]] = {}
        for membership in Membership.objects.select_related("user", "unit"):
            found.setdefault(membership.user_id, []).append(membership)
        return found

    def of(self, user: User) -> Actor:
        if user.pk not in self._actors:
            memberships = self._memberships[user.pk]
            self._actors[user.pk] = Actor.person(user, self.system.district, memberships)
        return self._actors[user.pk]

    def called(self, *parts: str) -> Actor:
        return self.of(User.objects.get(username=username(self.size, *parts)))

    @cached_property
    def bureau(self) -> Actor:
        return self.called("bureau")

    @cached_property
    def second(self) -> Actor:
        return self.called("bureau2")

    @cached_property
    def head(self) -> Actor:
        return self.called("head")

    @cached_property
    def by_unit(self) -> dict[int, User]:
        """Who reports for a unit: its department's or street's officer, for the bureau its first clerk."""
        found: dict[int, User] = {}
        for memberships in self._memberships.values():
            for one in memberships:
                if one.unit_id and one.role in (Role.DEPARTMENT, Role.STREET_OFFICER, Role.BUREAU):
                    found.setdefault(one.unit_id, one.user)
        return found

    def team(self, inspection) -> list[TeamMember]:
        return list(
            inspection.all_team.filter(dropped_at__isnull=True)
            .select_related("inspector__user")
            .order_by("position")
        )
