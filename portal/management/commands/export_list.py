"""`manage.py export_list facilities file.xlsx --district minhang [--query "state=operating"]`: a list as its page
shows it."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.models.places import District
from portal.services import exports
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope


class Command(BaseCommand):
    help = "Writes a list as a spreadsheet, persons' data masked"

    def add_arguments(self, parser):
        parser.add_argument("list", help="facilities, staff, orders, …; an unknown one names all")
        parser.add_argument("file")
        parser.add_argument("--district", required=True, help="minhang, pudong, jinshan")
        parser.add_argument(
            "--query", default="", help="conditions as in the page's address: state=operating"
        )

    def handle(self, *args, **options):
        district = District.objects.filter(slug=options["district"]).first()
        if district is None:
            slugs = "、".join(District.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                _("--district：没有“%(given)s”。可以是 %(all)s")
                % {"given": options["district"], "all": slugs}
            )
        one = LISTS.outgoing.get(options["list"])
        if one is None:
            raise CommandError(
                _("没有名单“%(given)s”。可以是 %(all)s")
                % {"given": options["list"], "all": "、".join(sorted(LISTS.outgoing))}
            )
        actor = Actor.system(district, "manage.py export_list")
        asked = Asked(actor, exports.conditions(options["query"]), timezone.localdate())
        with district_scope(district, read_only=True):
            count = exports.write(asked, one, options["file"])
        self.stdout.write(_("已写入 %(path)s：%(n)d 行") % {"path": options["file"], "n": count})
