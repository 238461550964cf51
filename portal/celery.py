"""Worker and beat. Tasks run in their district's scope (portal/tasks.py); the schedule is in the settings of each app."""

import os

from celery import Celery
from celery.signals import worker_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def need_pdf(**_kwargs):
    from portal import pdf

    try:
        pdf.require()
    except pdf.PdfLibraryMissing as missing:  # the signal would log an ordinary exception and go on
        raise SystemExit(str(missing)) from missing


@worker_process_init.connect
def warm_pdf(**_kwargs):
    from portal import pdf  # WeasyPrint is imported once in a worker, never in a request

    pdf.warm()
