// The end of a visit: whose part is in, what both sides sign with its hash on screen, and the second's confirmation.
import * as drafts from "./drafts.js";
import * as log from "./log.js";
import * as sealing from "./seal.js";
import { button, h, icon, setting, shape, status, swap, t } from "./page.js";
import { again, footLine, head, kept, saved } from "./main.js";
import { alone, apartEnd } from "./apart.js";
import { pad } from "./pad.js";
import { partOf, recordOf } from "./record.js";
import { room } from "./room.js";
import { cutOff } from "./voice.js";

/** What this phone signed of a visit, if it did and nothing refused it. */
export const signedHere = (found) => log.operations(found.id).filter((row) => row.kind === "sign" && row.state !== "held" && row.state !== "dropped").pop();

/** An open request for recusal: the work goes on, the second signature waits for the head. */
export const recusalNotes = (found) => (found.recusals || []).map((one) => h("div.note.warn", { "data-recusal-note": true }, shape("warn"), h("div", h("b", t("recusalOpen", { code: one.code })), h("p", t("recusalMore")))));

/** States of a visit whose items can still be answered. */
export const OPEN = ["due", "under_way"];

export function signScreen(found) {
  if (found.state === "signed" && found.record && !found.signed_by_me) return confirming(found);
  if (signedHere(found) || !OPEN.includes(found.state)) return done(found);
  return signing(found);
}

export const DRAFT = "sign";

const tally = (items, found) => h("div.tally", [["ok", "ok"], ["bad", "bad"], ["unseen", "none"]].map(([value, kind]) => h("div", h("b", String(items.filter((item) => log.answerOf(found, item.id).value === value).length)), status(kind, t(value)))));

function field(label, hint, control, optional = false) {
  control.id ||= `f-${Math.random().toString(36).slice(2)}`;
  return h("div.field", h("label", { for: control.id }, label, optional ? h("span.opt", t("optional")) : null), hint ? h("p.hint", hint) : null, control);
}

function signing(found) {
  const items = log.itemsOf(found);
  const missing = items.filter((item) => !log.complete(log.answerOf(found, item.id)));
  const present = h("input.in", { type: "text", maxlength: "60", autocomplete: "off", name: "present" });
  const objection = h("textarea.in", { rows: "3", maxlength: "2000", name: "objection" });
  const summary = h("textarea.in", { rows: "2", maxlength: "2000", name: "summary" });
  const without = h("textarea.in", { rows: "2", maxlength: "200", name: "without" });
  const unsigned = h("input.in", { type: "text", maxlength: "200", name: "unsigned" });
  const parts = h("ul.pcard", { "data-parts": true });
  const hash = h("p.mono.brk", { "data-hash": true });
  const problem = h("div", { "aria-live": "assertive" });
  const line = h("div");
  const refresh = () => show();
  // what stands here is a draft on the phone from the first letter and line, until it is signed
  const typed = { present, objection, summary, without, unsigned };
  let ready = false;
  let busy = false;
  const keepDraft = () => {
    if (!ready || busy) return;
    const words = Object.fromEntries(Object.entries(typed).map(([name, control]) => [name, control.value]));
    drafts.keep(found.id, DRAFT, { words, ours: ours.drawn(), theirs: theirs.drawn() }).then(kept, (error) => say(error));
  };
  const ours = pad(t("signTeam", { name: sealing.personName() }), refresh, keepDraft);
  const theirs = pad(t("signFacility"), refresh, keepDraft);
  const say = (error) => problem.replaceChildren(h("p.errmsg", { role: "alert" }, shape("bad"), error?.name === "QuotaExceededError" ? t("noRoom") : t("notSaved")));
  const withoutRow = field(t("withoutWhy"), t("withoutHint"), without);
  const go = button("lg.pri", { "data-sign": true });
  const complete = button("", { "data-part": true, onclick: async () => { await log.add(found.id, "part", null, await partOf(found.id)); saved(); again(); } }, icon("check", 16), t("myPart"));
  // a part stands until something is added to it
  const said = () => log.operations(found.id).at(-1)?.kind === "part";
  const values = () => ({ present: present.value, objection: objection.value, summary: summary.value, without: awaited() ? without.value : "" });
  const others = () => (found.parts || []).filter((one) => !one.mine || one.device !== device);
  const lacking = () => others().filter((one) => !one.complete);
  const awaited = () => lacking().length + alone(found).length;
  let device = "";
  let record = null;
  let turn = 0;
  const show = async () => {
    const now = ++turn;
    device ||= await sealing.deviceId();
    const made = await recordOf(found, values());
    if (now !== turn || busy) return;
    record = made;
    if (ready) {
      // a signature stands under what was shown when it was drawn, and under nothing else
      const before = [ours.drawn().of, theirs.drawn().of].join();
      const other = [ours, theirs].filter((one) => !one.holds(made.sha256));
      for (const one of other) one.clean();
      if (before !== [ours.drawn().of, theirs.drawn().of].join()) keepDraft();
      if (other.length) problem.replaceChildren(h("p.errmsg", { role: "alert", "data-sign-anew": true }, shape("warn"), t("signAnew")));
    }
    hash.textContent = made.sha256;
    const here = log.waiting(found.id).length + log.allFilesWaiting(found.id).length;
    complete.hidden = said();
    swap(parts,
      h("li", shape(here ? "doing" : "ok"), h("div", t("thisPhone", { n: log.operations(found.id).length }), h("p", [said() ? t("myPartIn") : "", here ? t("waitingN", { n: here }) : t("allSent")].filter(Boolean).join("　")))),
      others().map((one) => h("li", { "data-part-of": one.code, "data-complete": one.complete ? "1" : "0" }, shape(one.complete ? "ok" : "warn"), h("div", t("otherPhone", { code: one.code, name: one.name, n: one.came }), h("p", one.complete ? t("partIn") : t("partOut"))))), apartEnd(found));
    withoutRow.hidden = !awaited();
    const why = missing.length ? t("missingN", { n: missing.length })
      : !present.value.trim() ? t("presentMissing")
        : awaited() && without.value.trim().length < 5 ? (lacking().length ? t("partsMissing") : t("apartMissing"))
          : !ours.signed() ? t("teamUnsigned")
            : !theirs.signed() && unsigned.value.trim().length < 4 ? t("facilityUnsigned") : "";
    go.disabled = Boolean(why);
    swap(go, why || t("signNow"));
  };
  const sign = async () => {
    go.disabled = true;
    busy = true;
    try {
      if (!(await room())) throw new DOMException("room", "QuotaExceededError");
      const signatures = [];
      for (const [one, side, name] of [[ours, "team", sealing.personName()], [theirs, "facility", present.value.trim().slice(0, 60)]]) {
        if (!one.signed()) continue;
        const bytes = await one.bytes();
        const sha256 = await sealing.sha256(bytes);
        await log.putFile(await log.sealedFile(found.id, { sha256, bytes, type: "image/png", kind: "signature", item: null }));
        signatures.push({ side, name, sha256 });
      }
      await log.add(found.id, "sign", null, { ...record, apart: Boolean(found.apart), without: values().without.trim(), unsigned_reason: theirs.signed() ? "" : unsigned.value.trim(), signatures }, null, DRAFT);
      saved();
      again();
    } catch (error) {
      busy = false;
      say(error);
      go.disabled = false;
    }
  };
  go.addEventListener("click", sign);
  for (const one of [present, objection, summary, without, unsigned]) one.addEventListener("input", () => { keepDraft(); show(); });
  drafts.of(found.id, DRAFT).then((draft) => {
    for (const [name, control] of Object.entries(typed)) control.value ||= draft?.words?.[name] || "";
    ours.restore(draft?.ours);
    theirs.restore(draft?.theirs);
  }).catch(say).finally(() => { ready = true; show(); });
  const held = log.heldOf(found.id).filter((row) => row.kind === "sign").slice(-1);
  const update = () => {
    swap(line, footLine(found.id));
    if (!busy && !OPEN.includes(found.state)) again(); // the other phone has signed
    else show();
  };
  update();
  return {
    head: head(t("ending"), { back: `#/visit/${found.id}`, right: h("span.s", found.facility.name) }),
    body: h("div",
      recusalNotes(found),
      held.map((row) => h("div.note.bad", shape("bad"), h("div", h("b", t("signRefused")), h("p", row.sentence)))),
      tally(items, found),
      cutOff(found.id).map((id) => h("div.note.warn", { "data-cut": String(id) }, shape("warn"), h("div", h("b", t("voiceCutOf", { n: items.find((item) => item.id === id)?.n ?? "" })), h("a", { href: `#/visit/${found.id}/${id}` }, t("seeIt"))))),
      missing.length ? [h("div.psec", h("h2", t("missingN", { n: missing.length }))), h("div.pcard", missing.map((item) => h("a.line", { href: `#/visit/${found.id}/${item.id}` }, shape("warn"), h("div", `${item.n}　${item.text}`))))] : null,
      h("div.psec", h("h2", t("parts"))), parts, h("div.pad", complete),
      missing.length ? null : [
        h("div.psec", h("h2", t("present"))),
        h("div.pad.fields", field(t("presentLabel"), t("presentHint"), present), field(t("objectionLabel"), t("objectionHint"), objection, true), field(t("summaryLabel"), "", summary, true), withoutRow),
        h("div.psec", h("h2", t("sameVersion"))), h("div.pad", h("p.s.mut", t("hashHint")), hash),
        h("div.psec", h("h2", t("signatures"))), h("div.pad", ours.node, theirs.node, field(t("unsignedLabel"), "", unsigned)), problem]),
    foot: h("footer.foot", line, h("div.go", h("a.btn.lg.less", { href: `#/visit/${found.id}` }, t("backToSheet")), go)),
    update,
  };
}

function done(found) {
  const mine = signedHere(found);
  const line = h("div");
  const was = `${mine?.state} ${found.state}`;
  const update = () => {
    swap(line, footLine(found.id));
    const now = signedHere(found);
    if (now !== mine || `${now?.state} ${found.state}` !== was) again(); // it arrived, or the second has confirmed
  };
  swap(line, footLine(found.id));
  const sha256 = mine?.payload.sha256 || found.record?.sha256 || "";
  const on = mine && mine.state !== "applied" ? t("signedWaits") : found.state === "finished" || found.state === "published" ? t("finishedWords") : t("signedWords");
  return {
    head: head(t("ending"), { back: "#/", right: h("span.s", found.facility.name) }),
    body: h("div", { "data-signed": mine?.state || found.state }, h("div.psec", h("h2", t("signed"))),
      h("ul.pcard", h("li", shape(mine && mine.state !== "applied" ? "doing" : "ok"), h("div", on)), sha256 ? h("li", h("div", t("hashWords"), h("p.mono.brk", { "data-hash": true }, sha256))) : null),
      h("p.pfoot-note", t("laterIsAddendum"))),
    foot: h("footer.foot", line, h("div.go", h("a.btn.lg.pri", { href: "#/" }, t("backToDay")))), update,
  };
}

function confirming(found) {
  const { record } = found;
  const was = found.state;
  const verdict = h("p.mono.brk", { "data-hash": true });
  const go = button("lg.pri", { "data-confirm": true, disabled: true }, icon("check", 20), t("confirmSame"));
  const line = h("div");
  const update = () => {
    swap(line, footLine(found.id));
    if (found.state !== was) again();
  };
  swap(line, footLine(found.id));
  const asked = log.operations(found.id).some((row) => row.kind === "confirm" && row.state !== "held");
  sealing.sha256(new TextEncoder().encode(record.content)).then((sha256) => {
    verdict.textContent = sha256;
    go.disabled = asked || sha256 !== record.sha256;
    if (sha256 !== record.sha256) verdict.after(h("p.errmsg", shape("bad"), t("hashWrong")));
    if (asked) swap(go, t("confirmWaits"));
  });
  go.addEventListener("click", async () => { await log.add(found.id, "confirm", null, { sha256: record.sha256 }); saved(); again(); });
  const content = JSON.parse(record.content);
  const items = new Map(log.itemsOf(found).map((item) => [item.id, item]));
  // what is wrong first: that is what the second has to agree with
  const answers = ["bad", "unseen", "ok"].flatMap((value) => content.answers.filter((one) => (one.value || "unseen") === value));
  const row = (one) => h("li", shape({ ok: "ok", bad: "bad", unseen: "none" }[one.value] || "none"), h("div", `${items.get(one.item)?.n || ""}　${items.get(one.item)?.text || one.key}`, one.note ? h("p", one.note) : null), one.photos.length ? h("div.nw", t("photosN", { n: one.photos.length })) : null);
  return {
    head: head(t("confirmTitle"), { back: `#/visit/${found.id}`, right: h("span.s", found.facility.name) }),
    body: h("div", recusalNotes(found), h("p.pad", t("signedBy", { who: found.signed_by })), h("div.psec", h("h2", t("sameVersion"))), h("div.pad", h("p.s.mut", t("confirmHint")), verdict),
      record.without ? h("div.note.warn", shape("warn"), h("div", h("b", t("signedWithout")), h("p", record.without))) : null,
      h("ul.pcard", h("li", h("div", content.present, h("p", t("present")))), content.objection ? h("li", h("div", content.objection, h("p", t("objectionLabel")))) : null),
      h("div.psec", h("h2", t("itemsN", { n: content.answers.length }))), h("ul.pcard", answers.map(row)), h("p.pad", h("a.btn", { href: `${setting.portal}inspections/${found.id}/` }, t("confirmElse")))),
    foot: h("footer.foot", line, h("div.go", go)), update,
  };
}
