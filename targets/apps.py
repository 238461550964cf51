from django.apps import AppConfig


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = "计划与指标"

    def ready(self):
        from portal.services import reference as registry
        from targets.services import reference

        registry.register(reference.loader())
