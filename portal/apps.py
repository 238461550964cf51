from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "平台"

    def ready(self):
        from portal import exports, resting
        from portal.imports_of_people import PEOPLE_LIST
        from portal.navigation import REGISTRY, Entry
        from portal.rules.machine import marked
        from portal.services import policy_reference, reference
        from portal.spreadsheets import LISTS

        LISTS.gives(*exports.EXPORTS)
        LISTS.takes(PEOPLE_LIST)

        reference.register(policy_reference.loader())
        REGISTRY.clauses.append(resting.resting)

        REGISTRY.entries += [
            Entry("", marked("今天"), "today", "home", "today.view", 0),
            Entry("", marked("消息"), "messages", "bell", "message.view", 1),
            Entry(
                marked("规划"),
                marked("政策文件"),
                "documents",
                "file-text",
                "document.view",
                48,
                also=("document-drafts/", "document-versions/"),
            ),
            Entry(
                marked("规划"), marked("参数"), "parameters", "adjustments-horizontal", "document.view", 49
            ),
            Entry(marked("监管"), marked("导入"), "imports", "upload", "list.import", 60),
            Entry(
                marked("设置"),
                marked("各区"),
                "districts",
                "building-community",
                "district.open",
                89,
                of="city",
            ),
            Entry(marked("设置"), marked("人员与角色"), "people", "users", "person.view", 90),
            Entry(marked("设置"), marked("数据接口"), "clients", "link", "client.manage", 91),
            Entry(marked("设置"), marked("审计记录"), "audit", "history", "audit.view", 92),
        ]
