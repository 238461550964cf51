// What waits: by visit, what has not gone up and what the server keeps for people to decide; all of it as a file.
import * as log from "./log.js";
import { button, h, icon, shape, status, swap, t } from "./page.js";
import { footLine, head, update as redraw } from "./main.js";
import * as sending from "./send.js";
import { saveFile } from "./save.js";
import { unfinished } from "./unfinished.js";

const MANY = 6; // as many answers that only wait stand as lines of their own
const folded = new Set(); // visits whose answers were opened
const size = (bytes) => (bytes > 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);

function row(found, one) {
  const item = log.itemsOf(found).find((other) => other.id === one.item);
  return h("li", { "data-operation": one.state }, shape(one.state === "held" ? "bad" : "doing"), h("div", `${t(`kind_${one.kind}`)}${item ? `　${item.n}　${item.text}` : ""}`,
    h("p", one.state === "held" ? one.sentence : one.state === "here" ? t("notSent") : t("onServerWaits"))));
}

function fileRow(one) {
  return h("li", { "data-file": one.done ? "done" : "waiting" }, shape(one.stuck ? "bad" : "doing"), h("div", t(`kind_${one.kind}`), h("p", `${t("sentOf", { n: size(one.offset), all: size(one.size) })}${one.stuck ? `　${one.stuck}` : ""}`)));
}

// an answer that was changed before it went up is one line
const latest = (rows) => rows.filter((one, at) => one.kind !== "answer" || one.state !== "here" || !rows.slice(at + 1).some((other) => other.kind === "answer" && other.state === "here" && other.item === one.item));

/** A long sheet that was filled without a network is one line that opens; what needs a look stays a line each. */
function rows(found, open) {
  const plain = open.filter((one) => one.kind === "answer" && one.state === "here");
  if (plain.length < MANY) return open.map((one) => row(found, one));
  return [...open.filter((one) => !plain.includes(one)).map((one) => row(found, one)),
    h("li", shape("doing"), h("details.fold", { "data-answers": String(plain.length), open: folded.has(found.id), ontoggle: (event) => folded[event.target.open ? "add" : "delete"](found.id) }, h("summary", t("answersN", { n: plain.length })), h("ul.pcard.inner", plain.map((one) => row(found, one)))))];
}

export function waitingScreen() {
  const list = h("div");
  const foot = h("footer.foot");
  const line = h("div");
  const room = h("p.pfoot-note");
  const update = async () => {
    const parts = [];
    const ids = [...new Set([...log.open().map((one) => one.visit), ...log.allFilesWaiting().map((one) => one.visit), ...log.unfinishedVisits()])];
    for (const id of ids) {
      const found = log.visit(id) || { id, lists: [], facility: { name: t("goneFromDay") }, number: String(id) };
      parts.push(h("div.psec", h("h2", found.facility.name), h("span.s.mut", found.number)),
        h("ul.pcard", rows(found, latest(log.open(id)).slice(0, 60)), log.allFilesWaiting(id).map(fileRow), await unfinished(found, update)));
    }
    swap(list, parts.length ? parts : h("div.pcard", h("div.line", status("ok", t("allSent")))));
    swap(line, footLine(0));
    const estimate = await navigator.storage?.estimate?.();
    if (estimate) room.textContent = t("room", { used: size(estimate.usage), left: size(estimate.quota - estimate.usage) });
  };
  foot.append(line, h("div.go", button("lg.less", { onclick: () => saveFile(null), "data-save": true }, icon("download", 20), t("saveFile")), button("lg.pri", { onclick: () => { sending.push(); redraw(); } }, icon("cloud-upload", 20), t("sendNow"))));
  update();
  return { head: head(t("waiting"), {}), body: h("div", list, h("p.pfoot-note", t("saveFileMore")), room), foot, update };
}
