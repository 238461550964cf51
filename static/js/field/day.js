// The day: the person's visits, late ones first, with what waits of each.
import * as log from "./log.js";
import * as sealing from "./seal.js";
import { button, h, icon, listed, setting, shape, status, swap, t } from "./page.js";
import { footLine, head, leave } from "./main.js";
import { signedHere } from "./sign.js";

function card(found) {
  const items = log.itemsOf(found);
  const done = items.filter((item) => log.complete(log.answerOf(found, item.id))).length;
  const waiting = log.waiting(found.id).length + log.allFilesWaiting(found.id).length;
  const held = log.heldOf(found.id).length;
  const begun = log.begun(found);
  const state = found.gone ? status("warn", t("goneFromDay")) : found.state === "signed" ? status("doing", found.state_word) : begun && signedHere(found) ? status("doing", t("signedToSend")) : begun ? status("doing", t("begunN", { done, n: items.length })) : status(found.late ? "bad" : "none", found.late ? t("late") : found.state_word);
  return h("a.line", { href: found.gone ? "#/waiting" : `#/visit/${found.id}`, "data-visit-card": String(found.id) },
    h("div.sp", h("b", found.facility.name), listed(found), h("p", `${found.facility.street}　${found.kind}　${found.number}`), h("p", t("dueOn", { day: found.due_words })),
      (found.recusals || []).map((one) => h("p.t-bad", t("recusalOpen", { code: one.code }))),
      waiting ? h("p.t-doing", t("waitingN", { n: waiting })) : null, held ? h("p.t-bad", t("heldN", { n: held })) : null),
    state);
}

export function dayScreen() {
  const list = h("div.pcard");
  const foot = h("footer.foot");
  const update = () => {
    const visits = log.visits();
    swap(list, visits.length ? visits.map(card) : h("div.line", shape("none"), h("div", t("noVisits"), h("p", t("noVisitsMore")))));
    swap(foot, footLine(0));
  };
  update();
  return {
    head: head(t("title"), { back: null, right: h("a", { href: "#/waiting" }, icon("cloud-upload", 18, ""), t("waiting")), more: h("div.sub", h("span", sealing.personName()), h("span.sp"), h("span", log.today() ? t("takenAlong", { day: log.today().on_words || log.today().on }) : "")) }),
    body: h("div", h("div.psec", h("h2", t("myVisits"))), list,
      h("p.pfoot-note", t("installHint")),
      h("div.pad.row.wrap", h("a.btn.quiet", { href: setting.portal, "data-portal": true }, icon("chevron-left", 16), t("portal")), button("quiet", { onclick: leave, "data-leave": true }, icon("lock", 16), t("leave")))),
    foot, update,
  };
}
