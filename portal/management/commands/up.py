"""`manage.py up`: the same as bin/up without its set-up of the environment."""

import os
import sys

from django.core.management.base import BaseCommand

from portal.servers.environment import ROOT


class Command(BaseCommand):
    help = "Starts everything that is needed, see docs/operation.md"
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("arguments", nargs="*", help="as for bin/up: --port, --host, --no-demonstration")

    def run_from_argv(self, argv):
        # The supervisor sets the environment first and runs Django in its children only.
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "portal.servers.supervise", *argv[2:]])

    def handle(self, *args, **options):
        self.run_from_argv([sys.argv[0], "up", *options["arguments"]])
