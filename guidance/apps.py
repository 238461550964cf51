from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "guidance"
    verbose_name = "指导"

    def ready(self):
        from guidance import event_exports, event_queue, exports, resource_exports, resource_queue
        from guidance.imports.births import BIRTHS
        from guidance.imports.newborns import NEWBORN_VISITS, NEWBORNS
        from guidance.imports.nursing import NURSING_PLACES
        from guidance.imports.places import PLACES
        from guidance.imports.services import SERVICES
        from guidance.services import courses
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.services import publicity
        from portal.spreadsheets import LISTS

        LISTS.gives(*exports.EXPORTS, *event_exports.EXPORTS, *resource_exports.EXPORTS)
        LISTS.takes(PLACES, SERVICES, BIRTHS, NEWBORNS, NEWBORN_VISITS, NURSING_PLACES)
        REGISTRY.queues += [event_queue.waiting, resource_queue.waiting]
        publicity.register(courses.named)
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
