"""`manage.py rulebook --district minhang`: who meets which rule on a day, or what one facility does not meet."""

from __future__ import annotations

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.rulebook import verdicts
from facilities.rulebook.base import BOOK
from facilities.rulebook.verdicts import Counts
from facilities.rules.rulebook import MET, WORDS
from facilities.services import rulebook
from facilities.views.rulebook_rows import limit_words, since_words, value_words
from portal.access import Actor
from portal.errors import Refused
from portal.models import District
from portal.tenancy import district_scope


class Command(BaseCommand):
    help = "Judges a district's facilities by the rulebook on a day; --look also keeps since when"

    def add_arguments(self, parser):
        parser.add_argument("--district", required=True, help="the district's word in addresses: minhang")
        parser.add_argument("--on", default="", help="a day as 2026-03-18; today if empty")
        parser.add_argument("--facility", default="", help="one facility's code: all its rules")
        parser.add_argument("--rule", default="", help="one rule's key: who does not meet it")
        parser.add_argument(
            "--look", action="store_true", help="the daily look of that day, as the task makes it"
        )

    def handle(self, *args, **options):
        district = District.objects.filter(slug=options["district"], level=District.Level.DISTRICT).first()
        if district is None:
            raise CommandError(_("没有这个区：%(slug)s") % {"slug": options["district"]}, returncode=2)
        try:
            on = date.fromisoformat(options["on"]) if options["on"] else timezone.localdate()
        except ValueError:
            raise CommandError(_("日期：写成 2026-03-18 这样"), returncode=2) from None
        with district_scope(district):
            if options["look"]:
                try:
                    done = rulebook.look(on=on, actor=Actor.system(district, "manage.py rulebook"))
                except Refused as refused:
                    raise CommandError(str(refused.message), returncode=2) from None
                self.stdout.write(
                    _("%(day)s　新记 %(began)d 条，结束 %(ended)d 条")
                    % {"day": on.isoformat(), "began": done.began, "ended": done.ended}
                )
            if options["facility"]:
                self.facility(options["facility"], on)
            elif options["rule"]:
                self.rule(options["rule"], on)
            else:
                self.all(on)

    def facility(self, code: str, on: date) -> None:
        facility = Facility.objects.filter(code=code).first()
        if facility is None:
            raise CommandError(_("没有编号是 %(code)s 的机构") % {"code": code}, returncode=2)
        self.stdout.write(f"{facility.code} {facility.name}　{on}")
        for one in verdicts.of_facility(facility.pk, on):
            parts = [
                _(WORDS[one.verdict]),
                _(one.test.label),
                value_words(one.test, one.value, one.of),
                limit_words(one.test, one.limit),
                since_words(one.since, one.at_least, on) if one.verdict != MET else "",
            ]
            self.stdout.write("  " + "　".join(filter(None, parts)))

    def rule(self, key: str, on: date) -> None:
        found = verdicts.rules(on, key)
        if not found:
            raise CommandError(_("这一天没有规则 %(key)s") % {"key": key}, returncode=2)
        after = ""
        while rows := verdicts.of_rule(found[0], on, after=after, limit=500):
            for one in rows:
                self.stdout.write(f"{one.code} {one.name}　{value_words(one.test, one.value, one.of)}")
            after = rows[-1].code

    def all(self, on: date) -> None:
        found = verdicts.rules(on)
        totals = verdicts.summed(verdicts.counted(found, on))
        words = [_(WORDS[key]) for key in ("not_met", "unknown", "met")]
        for rule in found:
            counts = totals.get(rule.key, Counts())
            self.stdout.write(
                f"{words[0]} {counts.not_met:>5}　{words[1]} {counts.unknown:>5}　{words[2]} {counts.met:>5}"
                f"　{_(BOOK.tests[rule.key].label)}　{rule.key}"
            )
