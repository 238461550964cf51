from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "guidance"
    verbose_name = "指导"

    def ready(self):
        from guidance import exports
        from guidance.imports.births import BIRTHS
        from guidance.imports.places import PLACES
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.spreadsheets import LISTS

        LISTS.gives(*exports.EXPORTS)
        LISTS.takes(PLACES, BIRTHS)
        REGISTRY.entries.append(
            Entry(
                marked("服务"),
                marked("育儿指导"),
                "guidance-places",
                "messages",
                "guidance_place.view",
                20,
                also=("guidance/",),
            )
        )
