"""What runs by the clock and what services queue: every name is a task, every task is safe to deliver twice."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from celery.schedules import BaseSchedule, crontab
from django.conf import settings

from portal.celery import app

app.loader.import_default_modules()
#: Tasks of the product; Celery brings a few of its own.
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
APPS = ("portal", "facilities", "inspections", "guidance", "targets")


def queued_names() -> list[tuple[str, str]]:
    """(module, name) of each `send_task("name", …)` in the product."""
    found = []
    for folder in APPS:
        for path in sorted(Path(settings.BASE_DIR, folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "send_task":
                    assert isinstance(node.args[0], ast.Constant), (
                        f"{path}:{node.lineno}: a name as it stands"
                    )
                    found.append((f"{path.parent.name}/{path.name}", node.args[0].value))
    return found


@pytest.mark.parametrize(
    "entry", settings.CELERY_BEAT_SCHEDULE.values(), ids=settings.CELERY_BEAT_SCHEDULE.keys()
)
def test_what_the_clock_calls_is_a_task(entry):
    assert entry["task"] in TASKS
    schedule = entry["schedule"]
    assert isinstance(schedule, BaseSchedule | timedelta) or schedule >= 60
    if isinstance(schedule, crontab):
        assert len(schedule.minute) == 1, "once in the hour"


def test_the_clock_reads_the_settings():
    assert app.conf.beat_schedule == settings.CELERY_BEAT_SCHEDULE
    assert app.conf.timezone == settings.TIME_ZONE == "Asia/Shanghai"


def test_what_services_queue_is_a_task():
    names = queued_names()
    assert names
    assert [(module, name) for module, name in names if name not in TASKS] == []


def test_what_is_queued_without_the_clock_or_a_service_is_not_there():
    """A task that nobody queues would never run."""
    text = "\n".join(p.read_text() for a in APPS for p in Path(settings.BASE_DIR, a).rglob("*.py"))
    reached = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} | {
        n for _m, n in queued_names()
    }
    fanned = {
        name for name, task in TASKS.items()
        if f"each_district({task.__name__}" in text or f"{task.__name__}.delay(" in text
    }  # fmt: skip
    assert set(TASKS) - reached - fanned == set()


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_is_acknowledged_when_it_is_done(name):
    """A worker that is killed in the middle gives the message back."""
    assert TASKS[name].acks_late is True
    assert TASKS[name].reject_on_worker_lost is True
    assert TASKS[name].ignore_result is True or app.conf.result_backend is None


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_is_called_by_app_and_what_it_does(name):
    app_name, _dot, rest = name.partition(".")
    assert app_name in APPS
    assert TASKS[name].run.__module__ in (f"{app_name}.tasks", "portal.tasks")
    assert rest == TASKS[name].__name__, "the name in the log is the function's"


def test_a_worker_takes_one_message_at_a_time():
    """So that a long report keeps nobody's draw waiting in its pocket."""
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_default_queue == "portal"
    assert app.conf.broker_transport_options["visibility_timeout"] >= 600
