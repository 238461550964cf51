from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"

    def ready(self):
        from inspections.services import draw_queue
        from inspections.services import reference as inspections_reference
        from portal.services import reference

        reference.register(inspections_reference.loader())

        from portal.navigation import REGISTRY, Card, Entry
        from portal.rules.machine import marked

        REGISTRY.cards.append(Card("month-card", "month.view", marked("本月进度"), 0, wide=True))

        from inspections import clocks, dossier, exports, resting
        from inspections.services import audit_veil, visit_queue
        from portal.spreadsheets import LISTS

        LISTS.gives(*exports.EXPORTS)
        REGISTRY.clocks += clocks.CLOCKS
        REGISTRY.entries += [
            Entry(
                marked("监管"),
                marked("现场检查"),
                "inspections",
                "clipboard-check",
                "inspection.view",
                order=30,
            ),
            Entry(marked("监管"), marked("整改"), "orders", "tool", "order.view", order=40),
        ]
        REGISTRY.queues.append(visit_queue.waiting)
        REGISTRY.streams += dossier.STREAMS
        REGISTRY.clauses.append(resting.resting)
        REGISTRY.veils.append(audit_veil.veiled)
        REGISTRY.entries += [Entry(marked("监管"), marked("双随机"), "draws", "dice-5", "draw.view", 20)]
        REGISTRY.queues.append(draw_queue.waiting)
