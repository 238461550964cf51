"""The lives of what portal runs by itself: an import is read, looked at, written or left; an export is made."""

from portal.rules.machine import Machine, Transition, marked

IMPORT = Machine(
    name="import",
    label=marked("导入"),
    states={
        "reading": marked("正在读取"),
        "ready": marked("待写入"),
        "refused": marked("读不了"),
        "writing": marked("正在写入"),
        "done": marked("已写入"),
        "dropped": marked("没有写入"),
    },
    transitions=(
        Transition("read", ("reading",), "ready", marked("读完"), when=marked("文件读完，数字出来")),
        Transition("refuse", ("reading",), "refused", marked("读不了"), when=marked("文件不能用")),
        Transition("write", ("ready",), "writing", marked("写入"), when=marked("有这份名单权限的人按下")),
        Transition("finish", ("writing",), "done", marked("写完"), when=marked("每一行都写了")),
        Transition(
            "give_back",
            ("writing",),
            "ready",
            marked("退回预览"),
            when=marked("数字和看过的不一样，或没有写成"),
        ),
        Transition(
            "drop", ("ready", "refused"), "dropped", marked("不写入"), when=marked("有这份名单权限的人按下")
        ),
        Transition(
            "expire", ("ready", "refused"), "dropped", marked("到期没有写入"), when=marked("放了太久没有写入")
        ),
    ),
)

EXPORT = Machine(
    name="export",
    label=marked("导出"),
    states={"making": marked("正在生成"), "done": marked("已生成"), "refused": marked("没有生成")},
    transitions=(
        Transition("finish", ("making",), "done", marked("写完"), when=marked("文件写完")),
        Transition("refuse", ("making",), "refused", marked("写不了"), when=marked("没有写成")),
    ),
)

MACHINES = (IMPORT, EXPORT)
