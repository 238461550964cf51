// What was spoken, photographed, typed or drawn and not kept, also of a visit that is no longer on the list: each is shown,
// to be kept (it goes up, and the server says what becomes of it), saved or thrown away; nothing goes by itself.
import * as drafts from "./drafts.js";
import * as log from "./log.js";
import { button, h, icon, shape, t } from "./page.js";
import { lookAgain } from "./picture.js";
import { DRAFT } from "./sign.js";
import { cutNotes, keepNote } from "./voice.js";

const FIELDS = [["present", "presentLabel"], ["objection", "objectionLabel"], ["summary", "summaryLabel"], ["without", "withoutWhy"], ["unsigned", "unsignedLabel"]];
const SVG = "http://www.w3.org/2000/svg";

/** A signature's lines as a picture. */
function drawing(lines) {
  const node = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 600 220", width: 180, height: 66, role: "img", "aria-label": t("signatures") })) node.setAttribute(key, value);
  for (const line of lines) {
    const one = document.createElementNS(SVG, "polyline");
    for (const [key, value] of Object.entries({ points: line.map((point) => point.join(",")).join(" "), fill: "none", stroke: "currentColor", "stroke-width": 5 })) one.setAttribute(key, value);
    node.append(one);
  }
  return node;
}

/** What stands on the sheet of the end, as lines to read. */
function wordsOf(draft) {
  const words = FIELDS.filter(([name]) => draft.words?.[name]?.trim()).map(([name, label]) => h("p", `${t(label)}：${draft.words[name]}`));
  return [words, [draft.ours, draft.theirs].filter((one) => one?.lines?.length).map((one) => h("div", drawing(one.lines)))].flat();
}

/** The same as a file that opens anywhere; not sealed, as the button says. */
function saveWords(found, draft) {
  const page = h("html", h("head", h("meta", { charset: "utf-8" })), h("body", h("h1", `${found.facility.name} ${found.number}`), wordsOf(draft)));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["<!doctype html>", page.outerHTML], { type: "text/html" }));
  link.download = `shanyu-${found.number}.html`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** The rows of a visit. `changed` is called after one was kept or thrown away. */
export async function unfinished(found, changed) {
  const item = (id) => log.itemsOf(found).find((one) => one.id === id) || { id };
  const named = (id) => (item(id).text ? `　${item(id).n}　${item(id).text}` : "");
  const problem = h("li", { hidden: true });
  const doing = (work) => async () => {
    try { await work(); } catch (error) {
      problem.hidden = false;
      problem.replaceChildren(h("p.errmsg", { role: "alert" }, shape("bad"), error?.name === "QuotaExceededError" ? t("noRoom") : t("notSaved")));
      return;
    }
    changed();
  };
  const row = (kind, words, ...more) => h("li", { "data-unfinished": kind }, shape("warn"), h("div", words, ...more));
  const act = (words, name, work) => button("sm", { onclick: doing(work), [`data-${name}`]: true }, words);
  const rows = cutNotes(found.id).map((one) => row("voice", `${t("voice")}${named(one.item)}`, h("p", t("voiceCut", { n: one.seconds })),
    h("p.row.wrap", act(t("keepVoice"), "keep-voice", () => keepNote(found, item(one.item), one.note)), act(t("dropVoice"), "drop-voice", () => drafts.drop(found.id, one.note)))));
  for (const one of log.pictureDrafts(found.id)) {
    rows.push(row("photo", `${t("photo")}${named(one.item)}`, h("p", h("img", { src: one.thumb, alt: t("photo") })),
      h("p.row.wrap", act(t("lookAgain"), "look-again", () => lookAgain(found, item(one.item), one)), act(t("dropPhoto"), "drop-photo", () => log.dropFile(one.id)))));
  }
  const draft = drafts.listed(found.id, DRAFT).length ? await drafts.of(found.id, DRAFT) : null;
  const open = !log.operations(found.id).some((one) => one.kind === "sign" && one.state !== "held") && ["due", "under_way"].includes(found.state);
  if (draft && (found.gone || wordsOf(draft).length)) {
    rows.push(row("sign", t("endUnfinished"), ...wordsOf(draft), h("p.row.wrap",
      open ? h("a.btn.sm", { href: `#/sign/${found.id}` }, t("goOn")) : null,
      button("sm", { onclick: () => saveWords(found, draft), "data-save-words": true }, icon("download", 14), t("saveWords")),
      act(t("dropWords"), "drop-words", () => drafts.drop(found.id, DRAFT)))));
  }
  if (rows.length) rows.push(problem);
  return rows;
}
