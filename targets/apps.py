from django.apps import AppConfig


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = "计划与指标"

    def ready(self):
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.services import reference as registry
        from targets import resting, waiting
        from targets.services import reference

        registry.register(reference.loader())
        REGISTRY.entries += [
            Entry("规划", marked("任务分工"), "tasks", "checklist", "task.view", 40),
            Entry("规划", marked("单位"), "units", "building", "unit.view", 41),
        ]
        REGISTRY.clauses.append(resting.resting)
        REGISTRY.queues += [waiting.reports_owed, waiting.reports_to_take]
