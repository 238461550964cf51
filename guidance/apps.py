from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "guidance"
    verbose_name = "指导"

    def ready(self):
        from guidance import event_exports, event_queue, exports
        from guidance.imports.births import BIRTHS
        from guidance.imports.places import PLACES
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.spreadsheets import LISTS

        LISTS.gives(*exports.EXPORTS, *event_exports.EXPORTS)
        LISTS.takes(PLACES, BIRTHS)
        REGISTRY.queues.append(event_queue.waiting)
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
