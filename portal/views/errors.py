"""Pages of errors, and whether the process is alive."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET


@require_GET
def health(request):
    """Whether the process answers and the database does; says nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


def forbidden(request, exception=None):
    return render(request, "403.html", status=403)


def not_found(request, exception=None):
    if request.path_info.startswith("/api/"):
        problem = {"type": "about:blank", "status": 404, "code": "not_found"}
        problem |= {"title": _("没有这个接口"), "detail": _("地址可能写错了，接口都列在 /api/v1/schema/")}
        return JsonResponse(problem, status=404, content_type="application/problem+json")
    return render(request, "404.html", status=404)


def page_above(path: str) -> str:
    """The nearest address above a path that there is: of what only takes a form, the page with the form."""
    while path.count("/") > 2:
        path = path.rstrip("/").rsplit("/", 1)[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path


def not_allowed(request, response):
    """Somebody opened an address that takes forms only: a page with the way back, the status and `Allow` kept."""
    page = render(request, "405.html", {"back": page_above(request.path_info)}, status=405)
    page.headers["Allow"] = response.headers.get("Allow", "")
    return page


def server_error(request):
    return HttpResponse(render(request, "500.html").content, status=500)
