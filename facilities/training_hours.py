"""Hours of training of a year: per facility, per street, per person, with what is signed up for.

One query each. What is done comes from TrainingRecord alone; what is coming from sign-ups of sessions that are
still open and end within the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from facilities.lists.facilities import Yardstick

HOURS = """
    WITH w AS ({work}),
    h AS (
        SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills,
               sum(hours) FILTER (WHERE kind = 'ethics') AS ethics
        FROM facilities_trainingrecord WHERE passed AND done_on BETWEEN %s AND %s GROUP BY staff_id
    ),
    c AS (
        SELECT u.staff_id, sum(k.hours) FILTER (WHERE k.kind = 'skills') AS skills,
               sum(k.hours) FILTER (WHERE k.kind = 'ethics') AS ethics
        FROM facilities_trainingsignup u
        JOIN facilities_trainingsession s ON s.id = u.session_id AND s.state = 'open' AND s.ends_on BETWEEN %s AND %s
        JOIN facilities_course k ON k.id = s.course_id
        GROUP BY u.staff_id
    ),
    p AS (
        SELECT w.staff_id, w.facility_id, coalesce(h.skills, 0) AS skills, coalesce(h.ethics, 0) AS ethics,
               coalesce(h.skills, 0) + coalesce(c.skills, 0) AS skills_then,
               coalesce(h.ethics, 0) + coalesce(c.ethics, 0) AS ethics_then
        FROM w LEFT JOIN h ON h.staff_id = w.staff_id LEFT JOIN c ON c.staff_id = w.staff_id
    )
"""


@dataclass(frozen=True)
class Group:
    """A facility's or a street's people: how many have their hours, and will have them by the year's end."""

    key: int
    name: str
    people: int
    skills: int
    ethics: int
    skills_then: int
    ethics_then: int
    done_skills: Decimal
    done_ethics: Decimal

    @property
    def average_skills(self) -> Decimal:
        return self.done_skills / self.people if self.people else Decimal(0)

    @property
    def average_ethics(self) -> Decimal:
        return self.done_ethics / self.people if self.people else Decimal(0)


@dataclass(frozen=True)
class Person:
    staff_id: int
    code: str
    name: str
    skills: Decimal
    ethics: Decimal
    skills_then: Decimal
    ethics_then: Decimal


def days(year: int, on: date) -> list[date]:
    """From and to of what is done, and of what is coming, none of it in a past year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return [first, min(on, last), first, last]


def prepared(work: QuerySet, year: int, on: date) -> tuple[str, list]:
    sql, values = work.order_by().values("staff_id", "facility_id").query.sql_with_params()
    return HOURS.format(work=sql), [*values, *days(year, on)]


def groups(work: QuerySet, measure: Yardstick, *, year: int, on: date, by: str) -> list[Group]:
    """by: 'street' or 'facility'; work: the employments that the actor may see, one per person. Where the district has not
    said how many hours are asked, nobody has them."""
    head, values = prepared(work, year, on)
    name = "s.id, s.name" if by == "street" else "f.id, f.name"
    needed = [measure.skills, measure.ethics] * 2
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head} SELECT {name}, count(*), count(*) FILTER (WHERE p.skills >= %s::numeric),"
            " count(*) FILTER (WHERE p.ethics >= %s::numeric),"
            " count(*) FILTER (WHERE p.skills_then >= %s::numeric),"
            " count(*) FILTER (WHERE p.ethics_then >= %s::numeric), sum(p.skills), sum(p.ethics)"
            " FROM p JOIN facilities_facility f ON f.id = p.facility_id JOIN portal_street s ON s.id = f.street_id"
            f" GROUP BY {name} ORDER BY {name.split(',')[0]}",
            [*values, *needed],
        )
        return [Group(*row) for row in cursor.fetchall()]


def people(work: QuerySet, *, year: int, on: date) -> list[Person]:
    """Everybody of `work`; for one facility's page."""
    head, values = prepared(work, year, on)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head} SELECT p.staff_id, m.code, m.name, p.skills, p.ethics, p.skills_then, p.ethics_then"
            " FROM p JOIN facilities_staffmember m ON m.id = p.staff_id ORDER BY m.code LIMIT 500",
            values,
        )
        return [Person(*row) for row in cursor.fetchall()]


def total(rows: list[Group]) -> Group:
    """The sum of all."""
    fields = ("people", "skills", "ethics", "skills_then", "ethics_then", "done_skills", "done_ethics")
    sums = {name: sum((getattr(row, name) for row in rows), start=0) for name in fields}
    return Group(key=0, name="", **sums)
