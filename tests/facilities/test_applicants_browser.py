"""An account for somebody who files, in a real browser: from the application to the first page of one's own."""

from __future__ import annotations

from facilities.models import Applicant
from facilities.services import applicants
from portal.access import Actor
from portal.tenancy import district_scope
from tests.cast import make
from tests.facilities import filings as made

PASSWORD = "Own-Horse-2026"


def test_from_the_application_to_the_own_account(world, page):
    cast = make()
    world.start_web()
    page.goto(f"{world.url}/apply/minhang/")
    for name, value in (
        ("name", "陈示"), ("phone", "10000000001"), ("organisation", "示例新苗有限公司"), ("credit_code", made.credit(7)),
    ):  # fmt: skip
        page.fill(f"[name={name}]", value)
    page.click("main button[type=submit]")
    page.wait_for_url("**/apply/minhang/*/")
    with district_scope(cast.minhang):
        row = Applicant.objects.get()
        applicants.confirm(row, actor=Actor.system(cast.minhang, "test"))
        name = row.number.lower()
    page.reload()
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    assert name in page.inner_text("main")
    page.goto(f"{world.url}/sign-in/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_url("**/minhang/")
    page.click("text=办第一家机构的备案")
    page.wait_for_url("**/filings/new/")
