from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"

    def ready(self):
        from inspections.services import reference as inspections_reference
        from portal.services import reference

        reference.register(inspections_reference.loader())

        from portal.navigation import REGISTRY, Card
        from portal.rules.machine import marked

        REGISTRY.cards.append(Card("month-card", "month.view", marked("本月进度"), 0, wide=True))
