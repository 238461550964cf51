"""Pages for test_design.py: a staff page with navigation, a queue, a list with a drawer, and a dialog."""

from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from portal.design import DAY, facilities, lanes

ROWS = facilities()
DRAWER = (
    '{% include "components/drawer.html" with title=row.name over=row.code what=row.kind '
    'body="components/empty.html" back="." %}'
)
PAGE = """{% extends "base.html" %}{% block title %}名册{% endblock %}{% block h1 %}名册{% endblock %}
{% block acts %}<div class="acts">{% button "作废…" "bad" type="button" data_dialog="void" %}</div>{% endblock %}
{% block content %}{% ribbon day lanes today=day caption="三月" %}
<form data-pick><table class="tb box"><caption class="vh">机构</caption><thead><tr>
<th scope="col" class="pick"><label class="tick"><input type="checkbox" data-pick-all aria-label="选择本页"></label></th>
{% th "编号" "code" default="code" %}{% th "名称" "name" %}{% th "状态" %}</tr></thead><tbody>{% for one in rows %}<tr>
<td class="pick"><label class="tick"><input type="checkbox" aria-label="选择 {{ one.name }}"></label></td>
<td class="mono">{{ one.code }}</td><th scope="row"><a href="?row={{ one.code }}" data-drawer>{{ one.name }}</a></th>
<td class="state">{% status one.visit.0 one.visit.1 %}</td></tr>{% endfor %}</tbody></table>
<div class="bulk" data-pick-bar hidden>已选 <b data-pick-count>0</b> 家
{% button "不选了" type="button" data_pick_none=True %}</div></form>
{% endblock %}
{% block drawer_open %}{% if row %} data-open open{% endif %}{% endblock %}
{% block drawer %}{% if row %}DRAWER{% endif %}{% endblock %}
{% block dialogs %}
{% include "components/dialog.html" with id="void" title="作废？" says="公开。" action="." confirm="作废" leave="不作废" %}
{% endblock %}
""".replace("DRAWER", DRAWER)


def staff(request):
    row = next((one for one in ROWS if one["code"] == request.GET.get("row")), None)
    if "told" in request.GET:
        messages.success(request, "已公示 2 家", extra_tags="undo=/design/undo/")
    groups = [
        {
            "label": "",
            "items": [{"label": "今天", "url": "/design/today/", "icon": "home", "count": 12, "bad": True}],
        },
        {
            "label": "监管",
            "items": [
                {"label": "名册", "url": "/design/staff/", "icon": "building-community", "count": 240},
                {"label": "双随机", "url": "/design/draws/", "icon": "dice-5"},
                {"label": "现场检查", "url": "/design/visits/", "icon": "clipboard-check", "count": 18},
            ],
        },
    ]
    context = {
        "user": SimpleNamespace(is_authenticated=True, name="陈晓"),
        "actor": SimpleNamespace(memberships=[SimpleNamespace(get_role_display="区教育局")]),
        "district": SimpleNamespace(name="闵行区", slug="minhang"),
        "demonstration": True,
        "nav": groups,
        "theme": request.GET.get("theme", "light"),
        "contrast": request.GET.get("contrast", ""),
        "day": DAY,
        "lanes": lanes(),
        "rows": ROWS,
        "row": row,
    }
    text = DRAWER if request.headers.get("HX-Target") == "drawer" else PAGE
    return HttpResponse(engines["django"].from_string(text).render(context, request))


@csrf_exempt
def silent(request):
    return HttpResponse(status=204)


urlpatterns = [
    path("design/staff/", staff),
    path("design/undo/", silent),
    path("", include("portal.urls")),
]
