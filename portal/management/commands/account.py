"""`manage.py account`: an account with a role in a district; how a real installation gets its first people."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.people import User
from portal.models.places import District, Street, Unit
from portal.rules.rights import Role
from portal.services import people
from portal.tenancy import district_scope


def one_of(found, option: str, given: str, choices):
    """The row, or a refusal that lists what could have been meant."""
    if found is None:
        raise CommandError(
            _("%(option)s：没有“%(given)s”。可以是 %(all)s")
            % {"option": option, "given": given, "all": "、".join(choices)}
        )
    return found


class Command(BaseCommand):
    help = "Makes an account (its first password is shown once) and gives it a role in a district"

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--name", help="the person's name; needed for a new account")
        parser.add_argument("--district", required=True, help="minhang, pudong, jinshan")
        parser.add_argument(
            "--role", required=True, help="security_admin gives the others theirs in the browser"
        )
        parser.add_argument("--unit", help="slug or name of the unit, for roles that belong to one")
        parser.add_argument("--street", action="append", default=[], help="name or code; for street_officer")

    def handle(self, *args, **options):
        slugs = list(District.objects.order_by("slug").values_list("slug", flat=True))
        district = District.objects.filter(slug=options["district"]).first()
        one_of(district, "--district", options["district"], slugs)
        if options["role"] not in people.GIVEN:
            one_of(None, "--role", options["role"], [role.value for role in people.GIVEN])
        try:
            with district_scope(district):
                self.make(district, options)
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused

    def make(self, district: District, options: dict) -> None:
        actor = Actor.system(district, "manage.py account")
        username = options["username"].strip().lower()
        user, password = User.objects.filter(username=username).first(), ""
        if user is None:
            name = options["name"] or ""
            user, password = people.create_person(username=username, name=name, actor=actor)
        people.give_role(
            user,
            Role(options["role"]),
            actor=actor,
            on=timezone.localdate(),
            unit=self.unit(options["unit"]),
            streets=[self.street(given) for given in options["street"]],
        )
        self.stdout.write(
            _("%(name)s（%(username)s）在%(district)s有了角色 %(role)s")
            % {
                "name": user.name,
                "username": username,
                "district": district.name,
                "role": options["role"],
            }
        )
        if password:
            self.stdout.write(_("初始密码：%(password)s（只显示这一次）") % {"password": password})

    def unit(self, given: str | None) -> Unit | None:
        if not given:
            return None
        units = Unit.objects.all()
        found = units.filter(slug=given).first() or units.filter(name=given).first()
        return one_of(found, "--unit", given, units.order_by("slug").values_list("slug", flat=True))

    def street(self, given: str) -> Street:
        streets = Street.objects.all()
        found = streets.filter(code=given).first() or streets.filter(name=given).first()
        return one_of(found, "--street", given, streets.order_by("code").values_list("name", flat=True))
