"""`manage.py grades --district minhang`: what the last calculation proposed, or one facility's grade with its facts."""

from __future__ import annotations

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import GradeProposal, GradeRun
from inspections.rules.grades import FACTORS
from inspections.services import grades
from portal.access import Actor
from portal.errors import Refused
from portal.models import District
from portal.tenancy import district_scope


class Command(BaseCommand):
    help = "Shows proposals of risk grades that wait for a person; --propose calculates anew. Decides nothing"

    def add_arguments(self, parser):
        parser.add_argument("--district", required=True, help="the district's word in addresses: minhang")
        parser.add_argument("--propose", action="store_true", help="a calculation now")
        parser.add_argument("--on", default="", help="of which day's records, as 2026-03-18; today if empty")
        parser.add_argument("--facility", default="", help="one facility's code: its grade and the facts")

    def handle(self, *args, **options):
        district = District.objects.filter(slug=options["district"], level=District.Level.DISTRICT).first()
        if district is None:
            raise CommandError(_("没有这个区：%(slug)s") % {"slug": options["district"]}, returncode=2)
        try:
            on = date.fromisoformat(options["on"]) if options["on"] else timezone.localdate()
        except ValueError:
            raise CommandError(_("日期：写成 2026-03-18 这样"), returncode=2) from None
        with district_scope(district):
            if options["propose"]:
                try:
                    grades.propose(on=on, actor=Actor.system(district, "manage.py grades"))
                except Refused as refused:
                    raise CommandError(str(refused.message), returncode=2) from None
            if options["facility"]:
                self.one(options["facility"])
            else:
                self.all()

    def all(self) -> None:
        run = GradeRun.objects.first()
        if run is None:
            self.stdout.write(_("还没有评定过"))
            return
        rows = GradeProposal.objects.waiting().select_related("facility").order_by("-rank", "-pk")
        self.stdout.write(
            _("按 %(day)s 的记录，%(n)d 家等人确认") % {"day": run.on.isoformat(), "n": rows.count()}
        )
        for row in rows:
            change = f"{row.facility.grade or '—'} → {row.grade}"
            self.stdout.write(f"{row.facility.code}　{row.facility.name}　{change}　{grades.words_of(row)}")

    def one(self, code: str) -> None:
        facility = Facility.objects.filter(code=code).first()
        if facility is None:
            raise CommandError(_("没有这家机构：%(code)s") % {"code": code}, returncode=2)
        decision, basis = grades.basis_of(facility)
        latest = grades.latest_of(facility)
        self.stdout.write(f"{facility.code}　{facility.name}　{facility.grade or '—'}")
        if decision is not None:
            day = timezone.localdate(decision.at).isoformat()
            self.stdout.write(f"{day}　{decision.get_kind_display()}　{decision.reason}")
        if latest is not None and latest != basis:
            self.stdout.write(_("建议 %(grade)s") % {"grade": latest.grade})
        shown = latest or basis
        for factor in FACTORS if shown is not None else ():
            one = shown.factors.get(factor.key)
            if one:
                self.stdout.write(
                    f"{_(factor.label)}　{one['number']} {_(factor.unit)}　{grades.points_words(one['points'])}"
                )
