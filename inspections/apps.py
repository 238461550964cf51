from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"

    def ready(self):
        from inspections.services import draw_queue, plan_queue
        from inspections.services import reference as inspections_reference
        from portal.services import reference

        reference.register(inspections_reference.loader())

        from portal.navigation import REGISTRY, Card, Entry
        from portal.rules.machine import marked

        REGISTRY.cards.append(Card("month-card", "month.view", marked("本月进度"), 0, wide=True))

        # heard: its function is laid with the policies
        from inspections import (
            campaign_exports,
            clocks,
            device_exports,
            dossier,
            evaluation_exports,
            exports,
            grade_exports,
            heard,  # noqa: F401
            joint_exports,
            plan_exports,
            resting,
        )
        from inspections.imports.checklist_items import CHECKLIST_ITEMS
        from inspections.imports.devices import DEVICES
        from inspections.imports.employers import EMPLOYERS
        from inspections.imports.indicators import INDICATORS
        from inspections.imports.inspectors import INSPECTORS
        from inspections.services import (
            audit_veil,
            campaign_queue,
            checklist_queue,
            device_queue,
            escalations,
            evaluation_queue,
            field_addenda,
            grade_queue,
            persons,
            repeats,
            result_queue,
            visit_queue,
            voice_queue,
        )
        from portal.services import publicity
        from portal.spreadsheets import LISTS

        publicity.register(persons.named)
        LISTS.gives(*exports.EXPORTS, *plan_exports.EXPORTS, *device_exports.EXPORTS)
        LISTS.gives(*evaluation_exports.EXPORTS, *grade_exports.EXPORTS, *joint_exports.EXPORTS)
        LISTS.gives(*campaign_exports.EXPORTS)
        LISTS.takes(DEVICES, INSPECTORS, EMPLOYERS, INDICATORS, CHECKLIST_ITEMS)
        REGISTRY.clocks += clocks.CLOCKS
        REGISTRY.entries += [
            Entry(
                marked("监管"),
                marked("现场检查"),
                "inspections",
                "clipboard-check",
                "inspection.view",
                order=30,
                also=("agreement/",),
            ),
            Entry(marked("监管"), marked("专项检查"), "campaigns", "gavel", "campaign.view", order=29),
            Entry(marked("监管"), marked("联合检查"), "visit-parts", "users", "part.view", order=31),
            Entry(marked("监管"), marked("检查结果"), "results", "checklist", "result.view", order=35),
            Entry(marked("监管"), marked("手机现场检查"), "field", "camera", "inspection.log", order=32),
            Entry(marked("监管"), marked("回避"), "recusals", "users", "recusal.view", order=33),
            Entry(marked("监管"), marked("整改"), "orders", "tool", "order.view", order=40),
        ]
        REGISTRY.entries.append(
            Entry(marked("监管"), marked("视频与报警"), "outages", "device-cctv", "device.view", 45)
        )
        REGISTRY.queues += [
            visit_queue.waiting,
            campaign_queue.waiting,
            checklist_queue.waiting,
            field_addenda.waiting,
            result_queue.waiting,
            device_queue.waiting,
            voice_queue.waiting,
            evaluation_queue.waiting,
        ]
        REGISTRY.digests += [escalations.digest, device_queue.digest, evaluation_queue.digest]
        REGISTRY.facts.append(repeats.facts)
        REGISTRY.entries += [
            Entry(marked("监管"), marked("投诉举报"), "complaints", "flag", "complaint.view", 34),
            Entry(marked("监管"), marked("安全事件"), "incidents", "alert-circle", "incident.view", 36),
        ]
        REGISTRY.streams += dossier.STREAMS
        REGISTRY.clauses.append(resting.resting)
        REGISTRY.veils.append(audit_veil.veiled)
        REGISTRY.entries += [
            Entry(marked("监管"), marked("双随机"), "draws", "dice-5", "draw.view", 20, also=("inspectors/",))
        ]
        REGISTRY.entries += [
            Entry(marked("监管"), marked("年度计划"), "plans", "calendar-event", "plan.view", 18)
        ]
        REGISTRY.queues += [draw_queue.waiting, plan_queue.waiting]
        REGISTRY.entries.append(
            Entry(
                marked("监管"),
                marked("质量评估"),
                "evaluations",
                "certificate",
                "evaluation.view",
                50,
            ),
        )
        REGISTRY.entries.append(
            Entry(
                marked("监管"), marked("我的评估表"), "evaluation-sheets", "checklist", "evaluation.score", 51,
            )
        )  # fmt: skip
        REGISTRY.entries.append(
            Entry(
                marked("监管"), marked("风险等级"), "grades", "adjustments-horizontal", "grade_draft.view", 22
            )
        )
        REGISTRY.cards.append(Card("grades-card", "grade_draft.view", marked("风险等级"), 40))
        REGISTRY.queues.append(grade_queue.waiting)
        REGISTRY.effects.append(grade_queue.effect)
