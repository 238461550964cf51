"""`manage.py password USERNAME`: a new first password for somebody whom no single district can give one."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models.people import User
from portal.services import passwords


class Command(BaseCommand):
    help = "Gives an account a new first password, shown once, to be changed at the next sign-in"

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, **options):
        username = options["username"].strip().lower()
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("没有账号“%(username)s”") % {"username": username})
        password = passwords.reset_from_console(user, on=timezone.localdate())
        self.stdout.write(_("%(name)s（%(username)s）") % {"name": user.name, "username": username})
        self.stdout.write(_("初始密码：%(password)s（只显示这一次）") % {"password": password})
