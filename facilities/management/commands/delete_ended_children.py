"""`manage.py delete_ended_children --district jinshan [--on 2026-11-22] [--dry-run]`: what the clock does each day."""

from __future__ import annotations

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import deletions
from portal.access import Actor
from portal.models import District
from portal.tenancy import district_scope

PROCESS = "manage.py delete_ended_children"


class Command(BaseCommand):
    help = "Deletes children's records whose purpose has ended, each with its certificate; again it changes nothing"

    def add_arguments(self, parser):
        parser.add_argument("--district", required=True, help="the district's word in addresses: jinshan")
        parser.add_argument("--on", default="", help="a day as 2026-11-22; today if empty, never later")
        parser.add_argument("--dry-run", action="store_true", help="says what is due and deletes nothing")

    def handle(self, *args, **options):
        district = District.objects.filter(slug=options["district"], level=District.Level.DISTRICT).first()
        if district is None:
            raise CommandError(_("没有这个区：%(slug)s") % {"slug": options["district"]}, returncode=2)
        today = timezone.localdate()
        try:
            on = date.fromisoformat(options["on"]) if options["on"] else today
        except ValueError:
            raise CommandError(_("日期写成 2026-11-22 这样"), returncode=2) from None
        if on > today:
            raise CommandError(_("还没到 %(day)s") % {"day": on.isoformat()}, returncode=2)
        with district_scope(district):
            if options["dry_run"]:
                for one in deletions.due(on):
                    self.stdout.write(f"{one.child.code}　{one.ended_on.isoformat()}　{one.ground}")
                return
            made = deletions.run(actor=Actor.system(district, PROCESS), on=on)
        for certificate in made:
            self.stdout.write(f"{certificate.number}　{certificate.child.code}")
        self.stdout.write(_("删除 %(n)d 份") % {"n": len(made)})
