"""Roles and the one table of rights: who may do what, and how far it reaches.

Someone from the bureau can read it: a right is a line, a role a column with its reach. What needs two
people names the right of the second one in SECOND. `portal.access` turns it into querysets.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    BUREAU = "bureau"  # 区教育局、区托育服务指导中心工作人员
    UNIT_HEAD = "unit_head"  # 单位负责人
    STREET_OFFICER = "street_officer"  # 街镇干部
    DEPARTMENT = "department"  # 委办局工作人员
    INSPECTOR = "inspector"  # 检查人员
    REVIEWER = "reviewer"  # 备案审核人员
    OPERATOR = "operator"  # 举办者
    DESK = "desk"  # 宝宝屋前台
    HOME_VISITOR = "home_visitor"  # 上门指导人员
    CITY = "city"  # 市级人员
    EXPERT = "expert"  # 外聘专家
    AUDITOR = "auditor"  # 审计人员
    API_CLIENT = "api_client"  # 接口客户端
    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDIT_ADMIN = "audit_admin"  # 审计管理员
    PARENT = "parent"  # 家长


class Reach(StrEnum):
    ALL = "all"  # every row of the district
    STREETS = "streets"  # rows of the streets granted to the person
    UNIT = "unit"  # rows of the person's own unit
    FACILITIES = "facilities"  # rows of the facilities granted to the person
    FILINGS = "filings"  # filings that the person began, and those of the facilities granted to the person
    TEAM = "team"  # inspections in whose team the person is
    SELF = "self"  # the person's own rows


R = Role
ALL, STREETS, UNIT, FACILITIES, FILINGS, TEAM, SELF = (
    Reach.ALL,
    Reach.STREETS,
    Reach.UNIT,
    Reach.FACILITIES,
    Reach.FILINGS,
    Reach.TEAM,
    Reach.SELF,
)

#: right -> role -> reach
RIGHTS: dict[str, dict[Role, Reach]] = {
    # portal
    "today.view": {r: SELF for r in Role if r not in (R.API_CLIENT, R.PARENT)},
    "message.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.OPERATOR), SELF),
    "unit.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.STREET_OFFICER, R.DEPARTMENT, R.CITY, R.AUDITOR), ALL
    ),
    "document.view": dict.fromkeys(
        (
            R.BUREAU,
            R.UNIT_HEAD,
            R.STREET_OFFICER,
            R.DEPARTMENT,
            R.INSPECTOR,
            R.REVIEWER,
            R.CITY,
            R.AUDITOR,
            R.API_CLIENT,
        ),
        ALL,
    ),
    # a policy document or its next version: written by one of the bureau, published by somebody else
    "document_draft.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR), ALL),
    "document.manage": {R.BUREAU: ALL},
    "document.publish": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "parameter.manage": {R.BUREAU: ALL},
    # who belongs to a collective unit
    "unit.manage": {R.BUREAU: ALL},
    "audit.view": {R.AUDIT_ADMIN: ALL, R.AUDITOR: ALL},
    "person.view": {R.SECURITY_ADMIN: ALL, R.SYSTEM_ADMIN: ALL, R.AUDIT_ADMIN: ALL},
    "person.manage": {R.SECURITY_ADMIN: ALL},
    "client.manage": {R.SYSTEM_ADMIN: ALL},
    # the city's own system administrator only (services/districts.demand)
    "district.open": {R.SYSTEM_ADMIN: ALL},
    # spreadsheets: which list somebody may bring in or take out says the list's own right beside
    "list.export": {r: SELF for r in Role if r not in (R.API_CLIENT, R.PARENT, R.CITY)},
    "list.import": {
        R.BUREAU: ALL,
        R.SECURITY_ADMIN: ALL,
        R.OPERATOR: FACILITIES,
        R.STREET_OFFICER: STREETS,
    },
    # facilities
    "facility.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.REVIEWER: ALL,
        R.INSPECTOR: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.DESK: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "rule.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.REVIEWER: ALL,
        R.INSPECTOR: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    # what ends when: each clock asks for the right of its own record besides
    "clock.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    # who is told by the day's message and on 'today'
    "clock.remind": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS, R.OPERATOR: FACILITIES},
    "emergency.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.INSPECTOR: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "emergency.keep": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    # a facility's dossier as PDF; on the page each event asks for its own right
    "dossier.print": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.REVIEWER: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    # the credit record: `review` sees what is not decided yet
    "credit.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.REVIEWER: ALL,
        R.INSPECTOR: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "credit_draft.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "credit.propose": {R.BUREAU: ALL},
    "credit.confirm": {R.UNIT_HEAD: ALL},
    "credit.ask": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    "credit.release": {R.BUREAU: ALL},
    "credit.decide": {R.UNIT_HEAD: ALL},
    "facility.manage": {R.BUREAU: ALL},
    # which accounts of operators and desks reach a facility; the role itself is the security administrator's to give
    "facility.entrust": {R.BUREAU: ALL},
    "facility.keep": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    "staff.view": {
        R.BUREAU: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.CITY: ALL,
    },
    "staff.manage": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    # a name that goes with a number, an inquiry that was entered wrongly
    "staff.correct": {R.BUREAU: ALL},
    "staff.reveal": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    "ban.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "ban.propose": {R.BUREAU: ALL},
    "ban.confirm": {R.UNIT_HEAD: ALL},
    "ban.lift": {R.BUREAU: ALL},
    "ban.lift_confirm": {R.UNIT_HEAD: ALL},
    "hand_over.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "hand_over.ask": {R.BUREAU: ALL},
    "training.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "training.manage": {R.BUREAU: ALL},
    "training.sign_up": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    # residents, places against them, the map
    "residents.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.API_CLIENT), ALL
    ),
    "residents.enter": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    "residents.decide": {R.BUREAU: ALL},
    "street.arrange": {R.BUREAU: ALL},
    # filing
    "filing.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.REVIEWER, R.AUDITOR, R.CITY, R.API_CLIENT), ALL),
        R.STREET_OFFICER: STREETS,
        R.DEPARTMENT: UNIT,
        R.OPERATOR: FILINGS,
    },
    "filing.keep": {R.OPERATOR: FILINGS},
    "applicant.view": {R.REVIEWER: ALL, R.BUREAU: ALL},
    "applicant.confirm": {R.REVIEWER: ALL, R.BUREAU: ALL},
    "filing.review": {R.REVIEWER: ALL, R.BUREAU: ALL},
    "filing.sign": {R.DEPARTMENT: UNIT, R.UNIT_HEAD: UNIT},
    "filing.issue": {R.UNIT_HEAD: ALL},
    "neighbourhood.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    # 宝宝屋
    "site.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.DESK: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "site.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS, R.OPERATOR: FACILITIES},
    "session.manage": {R.STREET_OFFICER: STREETS, R.OPERATOR: FACILITIES, R.DESK: FACILITIES},
    "volunteer.view": {
        R.BUREAU: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.DESK: FACILITIES,
    },
    "volunteer.manage": {R.STREET_OFFICER: STREETS, R.OPERATOR: FACILITIES},
    # an inquiry that was entered wrongly: by somebody else than who entered it
    "volunteer.correct": {R.BUREAU: ALL},
    "ledger.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    "ledger.manage": {R.STREET_OFFICER: STREETS, R.OPERATOR: FACILITIES},
    # families
    "child.view": {
        R.BUREAU: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.DESK: FACILITIES,
    },
    "child.enrol": {R.OPERATOR: FACILITIES, R.DESK: FACILITIES},
    "child.open": {R.OPERATOR: FACILITIES, R.DESK: FACILITIES},
    "child.request": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    "child.approve": {R.UNIT_HEAD: ALL},
    "child.own": {R.PARENT: SELF},
    "child.erase": {R.BUREAU: ALL},
    "access_request.view": {
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.BUREAU: SELF,
        R.STREET_OFFICER: SELF,
    },
    "child_log.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "deletion.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "consent.manage": {R.BUREAU: ALL},
    # guidance of families: the places are public knowledge, a street keeps its own
    "guidance_place.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.HOME_VISITOR: ALL,
        R.API_CLIENT: ALL,
    },
    "guidance_place.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    # events for families: everybody sees what was announced; who signed up those who hold it
    "guidance_event.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.API_CLIENT), ALL
    ),
    "guidance_event.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    # resources for families: entered by the bureau, made public by a second person; kits are used by streets and facilities
    "resource.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.API_CLIENT), ALL
    ),
    "resource.manage": {R.BUREAU: ALL},
    "resource.publish": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "kit_use.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
    },
    "kit_use.keep": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    # places that must have a nursing room
    "nursing_place.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.API_CLIENT: ALL,
    },
    "nursing_place.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    # courses for families and those who guide them; lecturers are people, whom fewer see
    "guidance_course.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.API_CLIENT), ALL
    ),
    "lecturer.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.STREET_OFFICER, R.AUDITOR), ALL),
    "guidance_course.manage": {R.BUREAU: ALL},
    # children whose families asked for guidance, without names, and the services that they were given
    "guidance_service.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.HOME_VISITOR: STREETS,
        R.API_CLIENT: ALL,
    },
    # births of the streets, newborns' families without names, the visits at home
    "newborn.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.HOME_VISITOR: STREETS,
        R.API_CLIENT: ALL,
    },
    "newborn.keep": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS, R.HOME_VISITOR: STREETS},
    "guidance_service.keep": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS, R.HOME_VISITOR: STREETS},
    # inspections
    "month.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.STREET_OFFICER, R.DEPARTMENT, R.AUDITOR, R.CITY), ALL
    ),
    "draw.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "draw.freeze": {R.BUREAU: ALL},
    "draw.witness": {R.BUREAU: ALL},
    "draw.confirm": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "draw.void": {R.BUREAU: ALL},
    "draw.void_confirm": {R.UNIT_HEAD: ALL},
    # the yearly plan: drafts and rehearsals; what is published everybody reads on the public page
    "plan.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY, R.API_CLIENT), ALL),
    "plan.manage": {R.BUREAU: ALL},
    "plan.approve": {R.UNIT_HEAD: ALL},
    # risk grades: `grade_draft` sees proposals nobody has confirmed; the one who decided does not answer an objection
    "grade.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY, R.API_CLIENT), ALL),
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    "grade_draft.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY), ALL),
    "grade.propose": {R.BUREAU: ALL},
    "grade.confirm": {R.BUREAU: ALL},
    "grade.object": {R.OPERATOR: FACILITIES},
    "grade.answer": {R.BUREAU: ALL},
    "checklist.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.INSPECTOR, R.AUDITOR, R.CITY), ALL
    ),
    # a checklist's next version: written by one of the bureau, published by somebody else
    "checklist_draft.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR), ALL),
    "checklist.draft": {R.BUREAU: ALL},
    "checklist.publish": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    # the published list of what may be inspected: drafts are the bureau's
    "matter.manage": {R.BUREAU: ALL},
    "inspector.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL, R.INSPECTOR: SELF},
    "inspector.manage": {R.BUREAU: ALL},
    # an interest is declared by the inspector or by the bureau, and ended by the bureau alone
    "interest.declare": {R.BUREAU: ALL, R.INSPECTOR: SELF},
    "interest.end": {R.BUREAU: ALL},
    # whether somebody of an inspector's name among a facility's staff is the same person
    "namesake.decide": {R.BUREAU: ALL},
    "team.replace": {R.BUREAU: ALL},
    "team.name": {R.UNIT_HEAD: UNIT},
    "inspection.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
    },
    "inspection.log": {R.INSPECTOR: TEAM},
    "inspection.confirm": {R.INSPECTOR: TEAM},
    # items that two of a team answer apart, and how far they agree
    "agreement.answer": {R.INSPECTOR: TEAM},
    "agreement.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.API_CLIENT), ALL),
    # the app of the phones, and a file that one of them saved
    "field.use": {R.INSPECTOR: SELF},
    "field.bring": {R.BUREAU: ALL, R.INSPECTOR: SELF},
    # what came from the phones and could not be put into the record: decided by the team or the bureau
    "field.settle": {R.BUREAU: ALL, R.INSPECTOR: TEAM},
    # what came after both sides had signed; the facility says that it has read it
    "addendum.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
        R.OPERATOR: FACILITIES,
    },
    "addendum.acknowledge": {R.OPERATOR: FACILITIES},
    # a department's part of a joint visit; without a department, the bureau decides
    "part.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.DEPARTMENT: UNIT,
        R.INSPECTOR: TEAM,
        R.API_CLIENT: ALL,
    },
    "part.excuse": {R.BUREAU: ALL},
    "part.hand_over": {R.BUREAU: ALL, R.DEPARTMENT: UNIT},
    # special campaigns of the bureau, joint operations of a street: asked, approved by a second person, published
    "campaign.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY, R.API_CLIENT), ALL),
        R.DEPARTMENT: UNIT,
        R.STREET_OFFICER: STREETS,
    },
    "campaign.manage": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    "campaign.answer": {R.DEPARTMENT: UNIT, R.UNIT_HEAD: UNIT, R.BUREAU: UNIT},
    "campaign.approve": {R.UNIT_HEAD: ALL},
    "campaign.publish": {R.BUREAU: ALL},
    "inspection.create": {R.BUREAU: ALL},
    "inspection.cancel": {R.BUREAU: ALL},
    "inspection.cancel_confirm": {R.UNIT_HEAD: ALL},
    "result.publish": {R.BUREAU: ALL},
    # a result before it is final, and its versions
    "result.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    # photographs of what was found bad and the signed record, for whoever answers or judges the result
    "evidence.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
        R.OPERATOR: FACILITIES,
    },
    "result.answer": {R.OPERATOR: FACILITIES},
    # recusal: asked by the facility, noted for it, decided by a head who is neither concerned nor entered it
    "recusal.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
        R.OPERATOR: FACILITIES,
    },
    "recusal.ask": {R.OPERATOR: FACILITIES},
    "recusal.note": {R.BUREAU: ALL, R.INSPECTOR: TEAM},
    "recusal.decide": {R.UNIT_HEAD: ALL},
    "result.decide": {R.BUREAU: ALL, R.INSPECTOR: TEAM},  # somebody else than who signed the visit
    "result.change": {R.BUREAU: ALL},
    "result.change_confirm": {R.UNIT_HEAD: ALL},
    "result.repair_ask": {R.OPERATOR: FACILITIES},
    "result.repair_examine": {R.BUREAU: ALL},
    "result.repair_decide": {R.UNIT_HEAD: ALL},
    # cameras and alarm buttons, what the platform reports of them, the minutes drawn to look at
    "device.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.DEPARTMENT: ALL,
        R.INSPECTOR: ALL,
        R.AUDITOR: ALL,
        R.CITY: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.API_CLIENT: ALL,
    },
    "device.manage": {R.BUREAU: ALL},
    "device.report": {R.API_CLIENT: ALL},
    "watch.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.INSPECTOR, R.AUDITOR, R.CITY), ALL),
    "watch.log": dict.fromkeys((R.BUREAU, R.INSPECTOR), ALL),
    "watch.draw": {R.BUREAU: ALL},
    "order.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.INSPECTOR: TEAM,
        R.DEPARTMENT: UNIT,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    "order.answer": {R.OPERATOR: FACILITIES},
    "order.recheck": {R.INSPECTOR: TEAM, R.BUREAU: ALL},
    "order.confirm_recheck": {R.INSPECTOR: TEAM},  # who is named in the re-inspection
    # voices: complainants are protected, so no operator and no inspector sees one
    "complaint.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL, R.STREET_OFFICER: STREETS},
    "complaint.sort": {R.BUREAU: ALL},
    "complaint.answer": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    "incident.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    # who gets a message in the minute in which a facility reports
    "incident.told": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.STREET_OFFICER: STREETS},
    "incident.report": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    "incident.close": {R.BUREAU: ALL},
    # indicator sets, by which facilities are evaluated
    "indicator.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY, R.STREET_OFFICER), ALL),
    "indicator.manage": {R.BUREAU: ALL},
    "indicator.approve": {R.UNIT_HEAD: ALL},
    # evaluating facilities: no inspection, so that no role of inspectors is needed
    "evaluation.view": {
        R.BUREAU: ALL,
        R.UNIT_HEAD: ALL,
        R.AUDITOR: ALL,
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    "evaluation.manage": {R.BUREAU: ALL},
    "evaluation.self": {R.OPERATOR: FACILITIES},
    # peers from other facilities and the third party's people: what was given to them, for its days
    "evaluation.score": {R.OPERATOR: SELF, R.EXPERT: SELF},
    "evaluation.decide": {R.BUREAU: ALL},
    "evaluation.confirm": {R.UNIT_HEAD: ALL},
    "evaluation.object": {R.OPERATOR: FACILITIES},
    "confirmation.waive": {R.BUREAU: ALL},
    "order.schedule": {R.BUREAU: ALL, R.STREET_OFFICER: STREETS},
    "visit.rate": {R.OPERATOR: FACILITIES},
    "rating.view": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.AUDITOR: ALL},
    "case_file.take": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.DEPARTMENT: UNIT, R.INSPECTOR: TEAM},
    "order.extend_ask": {R.OPERATOR: FACILITIES},
    "order.extend": {R.BUREAU: ALL},
    # whom an overdue order climbs to
    "order.escalated": {R.STREET_OFFICER: STREETS, R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    # targets
    "task.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.INSPECTOR, R.API_CLIENT),
        ALL,
    ),
    "task.report": {R.DEPARTMENT: UNIT, R.STREET_OFFICER: UNIT, R.UNIT_HEAD: UNIT, R.BUREAU: UNIT},
    "task.remind": {R.BUREAU: ALL},
    "task.escalated": {R.UNIT_HEAD: ALL},
    "round.open": {R.BUREAU: ALL},
    "target.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY, R.INSPECTOR, R.API_CLIENT),
        ALL,
    ),
    "target.roll_up": {R.BUREAU: ALL},
    # districts side by side, in the city's own tenant
    "city.view": {R.CITY: ALL, R.API_CLIENT: ALL},
    # the cycle of naming districts 示范区: the city's books, in its own tenant; an expert reviews what was given
    "cycle.view": {R.CITY: ALL, R.API_CLIENT: ALL},
    "cycle.manage": {R.CITY: ALL},
    "cycle.confirm": {R.CITY: ALL},
    "cycle.review": {R.EXPERT: SELF},
    # a district's own part in it, written by the bureau and sent by the head of the unit
    "cycle_application.view": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.CITY, R.API_CLIENT), ALL),
    "cycle_application.write": {R.BUREAU: ALL},
    "cycle_application.send": {R.UNIT_HEAD: ALL},
    # of the city's own targets the city's people, two of them; in a district they look (AT_HOME)
    "attestation.give": {R.BUREAU: ALL, R.CITY: ALL},
    "attestation.confirm": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.CITY: ALL},
    # the joint conference: the bureau keeps its books, member units see the meetings to which they are asked
    "conference.view": {
        **dict.fromkeys((R.BUREAU, R.AUDITOR, R.API_CLIENT), ALL),
        **dict.fromkeys((R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER), UNIT),
    },
    "conference.keep": {R.BUREAU: ALL},
    "conference.propose": dict.fromkeys((R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER), UNIT),
    "conference.confirm": {R.BUREAU: ALL, R.UNIT_HEAD: UNIT},
    # the yearly supervision of units: a unit sees its own case, a reviewing unit those that it gives points to
    "supervision.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.API_CLIENT), ALL),
        **dict.fromkeys((R.DEPARTMENT, R.STREET_OFFICER), UNIT),
    },
    "supervision.keep": {R.BUREAU: ALL},
    "supervision.confirm": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "supervision.report": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER), UNIT),
    "supervision.review": dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT), UNIT),
    # where two reviewers are far apart, and objections: never of the own unit, nor of points that one gave
    "supervision.decide": {R.BUREAU: ALL, R.UNIT_HEAD: ALL, R.DEPARTMENT: UNIT},
    # support of facilities: rules are made by two people, a claim is checked by one and approved by another
    "subsidy_rule.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.STREET_OFFICER), ALL),
        R.OPERATOR: SELF,  # what the district pays is no facility's row
    },
    "subsidy_rule.manage": {R.BUREAU: ALL},
    "subsidy_rule.confirm": {R.BUREAU: ALL, R.UNIT_HEAD: ALL},
    "subsidy.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR, R.API_CLIENT), ALL),
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
    },
    # the sums of streets and years, without a facility; of the departments the finance bureau alone
    "subsidy_sums.view": {
        **dict.fromkeys((R.BUREAU, R.UNIT_HEAD, R.AUDITOR), ALL),
        R.STREET_OFFICER: STREETS,
        R.OPERATOR: FACILITIES,
        R.DEPARTMENT: UNIT,
    },
    "subsidy.claim": {R.BUREAU: ALL, R.OPERATOR: FACILITIES},
    "subsidy.check": {R.BUREAU: ALL},
    "subsidy.approve": {R.UNIT_HEAD: ALL},
    "subsidy.pay": {R.BUREAU: ALL},
    "report.view": dict.fromkeys(
        (R.BUREAU, R.UNIT_HEAD, R.DEPARTMENT, R.STREET_OFFICER, R.AUDITOR, R.CITY), ALL
    ),
    "report.draft": {R.BUREAU: ALL},
    "report.set": {R.BUREAU: ALL},
    "report.issue": {R.UNIT_HEAD: ALL},
    # REST
    "result.read": {R.API_CLIENT: ALL},
    "evaluation.read": {R.API_CLIENT: ALL},
    "staff.read": {R.API_CLIENT: ALL},
}

#: What the city's people do in the city's own tenant: visiting a district they have none of these.
AT_HOME = frozenset({"attestation.give", "attestation.confirm", "cycle.manage", "cycle.confirm"})

#: right -> right of the second person, who must be somebody else
SECOND: dict[str, str] = {
    "plan.manage": "plan.approve",
    "checklist.draft": "checklist.publish",
    "indicator.manage": "indicator.approve",
    "evaluation.decide": "evaluation.confirm",
    "draw.witness": "draw.confirm",
    "draw.void": "draw.void_confirm",
    "filing.review": "filing.issue",
    "inspection.cancel": "inspection.cancel_confirm",
    "inspection.log": "inspection.confirm",
    "order.recheck": "order.confirm_recheck",
    "order.extend_ask": "order.extend",
    "document.manage": "document.publish",
    "campaign.manage": "campaign.approve",
    "recusal.note": "recusal.decide",
    "result.change": "result.change_confirm",
    "result.repair_examine": "result.repair_decide",
    "report.draft": "report.issue",
    "attestation.give": "attestation.confirm",
    "conference.keep": "conference.confirm",
    "supervision.keep": "supervision.confirm",
    "subsidy_rule.manage": "subsidy_rule.confirm",
    "subsidy.claim": "subsidy.check",
    "subsidy.check": "subsidy.approve",
    "subsidy.pay": "subsidy.approve",
    "resource.manage": "resource.publish",
    "cycle.manage": "cycle.confirm",
    "cycle_application.write": "cycle_application.send",
    "ban.propose": "ban.confirm",
    "ban.lift": "ban.lift_confirm",
    "child.request": "child.approve",
    "credit.propose": "credit.confirm",
    "credit.ask": "credit.decide",
    "credit.release": "credit.decide",
}


def reaches(roles, permission: str) -> set[Reach]:
    """How far the roles together reach with a right; KeyError for a right that the table does not have."""
    row = RIGHTS[permission]
    return {row[role] for role in roles if role in row}
