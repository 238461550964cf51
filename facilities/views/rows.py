"""The rows of the two lists as plain strings: fifty rows of fifteen tags each would be most of a page's cost.

What repeats from row to row (states, grades, words) is made once for the page; templates only put it in place.
"""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from facilities.lists.facilities import Crew, Standing, Yardstick
from facilities.models import Certificate, Employment, Facility
from facilities.rules import staff as rules
from facilities.templatetags.credit import NONE, listed
from portal.templatetags.ui import day_words, grade, masked, status, tag
from portal.templatetags.ui_figures import bar

#: State of a facility -> one of the five shapes.
SHAPES = {"operating": "ok", "filed": "doing", "preparing": "doing", "suspended": "warn", "closed": "none"}
FAR_DAYS = 90


def base(name: str, slug: str) -> str:
    """The address of a page without the row's number and the slash after it."""
    return reverse(name, args=[slug, 0])[:-2]


def words_of(choices) -> dict[str, str]:
    return {value: str(label) for value, label in choices}


def clock(ends_on: date | None, kind: str, on: date) -> dict:
    """How long until something ends: past is red, 30 days are amber."""
    if ends_on is None:
        return {"ends": "", "left": None}
    left = (ends_on - on).days
    name = _("保险") if kind == "insurance" else str(dict(Certificate.Kind.choices).get(kind, ""))
    return {
        "left": left,
        "ends": name,
        "ends_on": ends_on,
        "ends_state": "bad" if left < 0 else "warn" if left <= rules.SOON_DAYS else "",
    }


class FacilityRows:
    """Rows of the register; the first thing to end is a certificate or the insurance."""

    def __init__(self, slug: str, streets: dict[int, str], on: date):
        self.base, self.streets, self.on = base("facility", slug), streets, on
        self.kinds = words_of(Facility.Kind.choices)
        states = words_of(Facility._meta.get_field("state").choices)
        self.states = {state: status(SHAPES[state], _(word)) for state, word in states.items()}
        self.grades = {letter: grade(letter) for letter in Facility.Grade.values} | {"": ""}
        self.inclusive = format_html(" {}", tag(_("普惠"), "warm"))
        self.papers = words_of(Certificate.Kind.choices) | {"insurance": _("保险")}
        self.past, self.left = _("过期 %(n)d 天　%(what)s"), _("%(n)d 天　%(what)s")
        self.none = mark_safe('<span class="dim">·</span>')
        self.far = format_html('<span class="mut">{}</span>', _("90 天内无"))
        self.nobody = mark_safe('<span class="dim">0</span>')
        self.unset = format_html('<span class="mut">{}</span>', _("没有标准"))

    def row(self, facility: Facility, crew: Crew | None) -> dict:
        return {
            "facility": facility,
            "code": facility.code,
            "url": f"{self.base}{facility.pk}/",
            "name": facility.name,
            "inclusive": (self.inclusive if facility.inclusive else NONE) + listed(facility.listing),
            "kind": self.kinds[facility.kind],
            "street": self.streets.get(facility.street_id, ""),
            "enrolled": str(facility.enrolled),
            "places": str(facility.places),
            "bar": bar(100 * facility.enrolled / facility.places),
            "grade": self.grades[facility.grade],
            "crew": self.crew(crew),
            "ends": self.ends(facility, crew),
            "state": self.states[facility.state],
        }

    def crew(self, crew: Crew | None) -> str:
        if crew is None:
            return self.nobody
        if crew.unset and not crew.certified:
            return self.unset
        return format_html('{} <span class="dim">/ {}</span>', crew.certified, crew.people)

    def ends(self, facility: Facility, crew: Crew | None) -> str:
        day, kind = (crew.ends_on, crew.ends_kind) if crew else (None, "")
        if facility.insured_until and (day is None or facility.insured_until < day):
            day, kind = facility.insured_until, "insurance"
        if day is None:
            return self.none
        left = (day - self.on).days
        if left > FAR_DAYS:
            return self.far
        facts = {"n": abs(left), "what": self.papers.get(kind, "")}
        if left < 0:
            return status("bad", self.past % facts)
        if left <= rules.SOON_DAYS:
            return status("warn", self.left % facts)
        return format_html('<span class="mut">{}</span>', self.left % facts)


def number(value) -> str:
    """Hours without a zero behind the point."""
    return f"{value:.1f}".removesuffix(".0")


class StaffRows:
    """Rows of people at work, for the list and for a facility's page."""

    def __init__(self, slug: str, streets: dict[int, str], on: date, measure: Yardstick):
        self.member, self.facility = base("staff-member", slug), base("facility", slug)
        self.streets, self.on = streets, on
        self.posts = words_of(Employment.Post.choices)
        self.kinds = words_of(Certificate.Kind.choices)
        self.complete = format_html('<span class="mut">{}</span>', _("齐全"))
        self.no_check, self.no_paper = _("没有健康证"), _("没有岗位证书")
        self.past, self.until = _("%(what)s %(day)s 过期"), _("%(what)s %(day)s 止")
        self.clean, self.unasked, self.stale = _("无"), _("没查"), _("过期")
        self.found = format_html('<b class="t-bad">{}</b>', _("有"))
        self.words = {
            "found": status("bad", _("不得聘用")),
            "missing": status("bad", _("缺证")),
            "expired": status("bad", _("证书过期")),
            "check": status("bad", _("记录没查")),
            "warn": status("warn", _("快到期")),
            "doing": status("doing", _("培训中")),
            "none": status("none", _("没有标准")),
            "ok": status("ok", _("齐全")),
        }
        self.unset = format_html('<span class="mut">{}</span>', _("没有标准"))
        self.skills = self.of(measure.skills)
        self.ethics = self.of(measure.ethics)

    def of(self, needed) -> str:
        shown = _("没有标准") if needed is None else number(needed)
        return format_html(' <span class="dim">/ {}</span>', shown)

    def row(self, standing: Standing) -> dict:
        work = standing.employment
        return {
            "standing": standing,
            "url": f"{self.member}{work.staff_id}/",
            "code": work.staff.code,
            "name": masked(work.staff.name),
            "post": self.posts[work.post],
            "facility": work.facility.name,
            "listed": listed(getattr(work, "listing", None)),
            "facility_url": f"{self.facility}{work.facility_id}/",
            "street": self.streets.get(work.facility.street_id, ""),
            "certificate": self.certificate(standing),
            "skills": number(work.skills),
            "ethics": number(work.ethics),
            "check": self.check(standing),
            "state": self.state(standing),
        }

    def certificate(self, standing: Standing) -> str:
        if standing.certificates == "ok":
            return self.complete
        if standing.certificates == "unset":
            return self.unset
        if standing.certificates == "missing":
            return self.no_check if standing.certificate_kind else self.no_paper
        words = self.past if standing.certificates == "expired" else self.until
        return words % {
            "what": self.kinds.get(standing.certificate_kind, ""),
            "day": standing.certificate_until.isoformat(),
        }

    def check(self, standing: Standing) -> str:
        if standing.check == "found":
            return self.found
        if standing.check == "missing":
            return self.unasked
        day = day_words(standing.employment.checked_on, self.on)
        if standing.check == "overdue":
            return f"{day} {self.stale}"
        return format_html('<span class="mut">{}　{}</span>', self.clean, day)

    def state(self, standing: Standing) -> str:
        if standing.state != "bad":
            return self.words[standing.state]
        if standing.check == "found":
            return self.words["found"]
        return (
            self.words.get(standing.certificates)
            if standing.certificates in ("missing", "expired")
            else self.words["check"]
        )
