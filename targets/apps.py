from django.apps import AppConfig


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = "计划与指标"

    def ready(self):
        from portal.navigation import REGISTRY, Card, Entry
        from portal.rules.machine import marked
        from portal.services import reference as registry
        from portal.spreadsheets import LISTS
        from targets import (  # noqa: F401
            attestation_queue,
            conference_queue,
            exports,
            naming_across,
            naming_queue,
            opening_queue,
            report_queue,
            resting,
            subsidy_exports,
            subsidy_queue,
            supervision_queue,
            waiting,
        )
        from targets.services import reference, report_settings, round_ladder, subsidy_year

        LISTS.gives(*exports.EXPORTS, *subsidy_exports.EXPORTS)

        registry.register(reference.loader())
        registry.register(report_settings.loader())
        REGISTRY.entries += [
            Entry(marked("规划"), marked("任务分工"), "tasks", "checklist", "task.view", 40),
            Entry(marked("规划"), marked("各单位"), "units", "building", "unit.view", 41),
            Entry(marked("规划"), marked("督查与报告"), "reports", "report-analytics", "report.view", 43),
            Entry(marked("规划"), marked("联席会议"), "conferences", "users", "conference.view", 44, of="districts"),
            Entry(marked("规划"), marked("补贴"), "subsidies", "scale", "subsidy.view", 45, of="districts"),
            Entry(
                marked("规划"), marked("补贴"), "subsidy-year", "scale", "subsidy_sums.view", 45, of="districts",
                shown=subsidy_year.may_pay,
            ),
            Entry(
                marked("规划"), marked("单位年度督查"), "supervisions", "clipboard-check", "supervision.view", 45,
                of="districts",
            ),
            Entry(
                marked("规划"), marked("指标"), "targets", "target-arrow", "target.view", 42, of="districts",
                also=("attestations/", "figures/"),
            ),
            Entry(
                marked("规划"), marked("示范创建申报"), "cycle-applications", "award", "cycle_application.view", 45,
                of="districts",
            ),
            Entry(marked("规划"), marked("示范创建"), "naming-cycles", "award", "cycle.view", 40, of="city"),
            Entry(
                marked("规划"), marked("各区对照"), "city-comparison", "columns-3", "city.view", 38,
                also=("city/figures/",), in_bar=lambda actor: True, of="city",
            ),
            Entry(
                marked("规划"), marked("全市指标"), "city-targets", "target-arrow", "city.view", 39,
                also=("attestations/",), in_bar=lambda actor: True, of="city",
            ),
        ]  # fmt: skip
        REGISTRY.cards += [
            Card("targets-streets", "target.view", marked("各街镇检查进度"), 40),
            Card("city-glance", "city.view", marked("全市指标"), 40, of_city=True),
            Card("targets-glance", "target.view", marked("指标一览"), 50),
        ]
        REGISTRY.digests.append(round_ladder.digest)
        REGISTRY.clauses.append(resting.resting)
        REGISTRY.queues += [
            waiting.documents_to_publish,
            waiting.reports_owed,
            waiting.reports_to_take,
            waiting.units_overdue,
            report_queue.waiting,
            attestation_queue.waiting,
            conference_queue.waiting,
            supervision_queue.waiting,
            subsidy_queue.waiting,
            naming_queue.waiting,
            opening_queue.waiting,
        ]
        REGISTRY.facts.append(subsidy_queue.facts)
