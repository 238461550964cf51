from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "平台"

    def ready(self):
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.services import policy_reference, reference

        reference.register(policy_reference.loader())

        REGISTRY.entries += [
            Entry("", marked("今天"), "today", "home", "today.view", 0),
        ]
