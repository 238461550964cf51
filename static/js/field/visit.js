// A visit: before the door what one should know, then its items; one is open, the others are lines.
import * as log from "./log.js";
import { button, h, icon, listed, shape, status, swap, t } from "./page.js";
import { again, footLine, head, saved } from "./main.js";
import { shots } from "./picture.js";
import { apartLine, apartOf } from "./apart.js";
import { OPEN, recusalNotes, signScreen, signedHere } from "./sign.js";
import { cutOff, voices } from "./voice.js";

const ANSWERS = [["ok", "ok", "ok"], ["bad", "bad", "bad"], ["unseen", "none", "unseen"]];
const TYPED = 250; // ms without a key before what was typed is written

const SHAPES = { ok: "ok", bad: "bad", unseen: "none" };
const chip = (value) => h(`span.chip.${SHAPES[value]}`, icon(`s-${SHAPES[value]}`, 14, ""), t(value));
const weightTag = (item) => h(item.weight === "veto" ? "span.tag.veto" : item.weight === "high" ? "span.tag.hi" : "span.tag", item.weight_word);

export function visitScreen(found, wanted) {
  if (!log.begun(found)) return door(found);
  return signedHere(found) || !OPEN.includes(found.state) ? signScreen(found) : sheet(found, wanted);
}

// --- before the door ------------------------------------------------------------------------------

function file(found) {
  const { facility, last, orders } = found;
  return [
    h("div.psec", h("h2", t("where"))),
    h("ul.pcard",
      h("li", h("div", facility.address, h("p", `${facility.kind}　${facility.code}　${t("places", { n: facility.places, m: facility.enrolled })}`), facility.head ? h("p", `${t("headOf")} ${facility.head}`) : null)),
      h("li", h("div", t("dueOn", { day: found.due_words }), h("p", `${found.kind}　${found.reason || ""}`))),
      facility.phone ? h("li", h("div", h("a", { href: `tel:${facility.phone}` }, facility.phone))) : null),
    h("div.psec", h("h2", t("lastReport"))),
    h("ul.pcard", last ? [
      h("li", h("div", `${last.on}　${last.number}`, h("p", last.findings.length ? t("findingsN", { n: last.findings.length }) : t("allFine")))),
      (last.failed || []).map((one) => h("li", { "data-failed": true }, shape(one.mended ? "ok" : "bad"), h("div", one.item, h("p", [one.note, one.mended ? t("mended") : "", one.photos ? t("photosN", { n: one.photos }) : ""].filter(Boolean).join("　"))))),
      last.findings.map((one) => h("li", shape(one.open ? "bad" : "ok"), h("div", one.text, h("p", `${one.item}　${one.state}`)))),
    ] : h("li", h("div", t("noReport"))),
    orders.map((one) => h("li", shape("warn"), h("div", `${t("order")} ${one.number}`, h("p", `${one.state}　${one.due}`))))),
    records(facility),
  ];
}

/** What the register has of the facility; a day taken along by an older edition has none of it. */
function records({ staff = [], classes = [], papers = [] }) {
  const short = (one) => [one.expired ? t("certExpired", { n: one.expired }) : "", one.missing ? t("certMissing", { n: one.missing }) : "", one.soon ? t("certSoon", { n: one.soon, day: one.until }) : "", one.unchecked ? t("uncheckedN", { n: one.unchecked }) : "", one.unset ? t("certUnset") : ""].filter(Boolean).join("　");
  return [
    h("div.psec", h("h2", t("facilityFile"))),
    h("ul.pcard", { "data-facility-file": true },
      staff.length ? staff.map((one) => h("li", shape(one.expired || one.missing || one.unchecked ? "bad" : one.soon ? "warn" : one.unset ? "none" : "ok"), h("div", t("postN", { post: one.post, n: one.n }), h("p", short(one) || t("certFine"))))) : h("li", shape("none"), h("div", t("noStaff"))),
      classes.map((one) => h("li", h("div", `${one.name}　${one.kind}`, h("p", t("classN", one))))),
      papers.length ? papers.map((one) => h("li", shape(one.state), h("div", one.name, h("p", `${one.number}　${one.until ? t("until", { day: one.until }) : t("noEnd")}`)))) : h("li", shape("none"), h("div", t("noPapers")))),
  ];
}

// a day that was taken along by an older edition knows of none
const recusals = (found) => (found.recusals || []).map((one) => h("li", { "data-recusal": true }, shape("warn"), h("div", t("recusalOpen", { code: one.code }), h("p", t("recusalMore")))));
const team = (found) => h("ul.pcard", recusals(found), found.team.map((one) => h("li", shape("ok"), h("div", `${one.code} ${one.name}${one.me ? `（${t("me")}）` : ""}`))));

function door(found) {
  const begin = async () => {
    await log.add(found.id, "start", null, { versions: found.lists.map((list) => list.version) });
    saved();
    again();
  };
  return {
    head: head(found.facility.name, { more: h("div.sub", h("span", `${found.facility.street}　${found.number}`, listed(found))) }),
    body: h("div", h("div.pad", h("a.btn.lg", { href: `#/code/${found.id}`, "data-show-code": true }, icon("qrcode", 20), t("showCode"))), file(found), h("div.psec", h("h2", t("team"))), team(found), h("p.pfoot-note", t("doorNote"))),
    foot: h("footer.foot", h("div.go", found.lists.length ? button("lg.pri", { onclick: begin, "data-begin": true }, icon("clipboard-check", 20), t("begin")) : button("lg.pri", { disabled: true }, t("noList")))),
  };
}

// --- the sheet ------------------------------------------------------------------------------------

// in a joint visit a department answers its own part of a list
const groupOf = (item) => `${item.list.group || item.list.version} ${item.section}`;

function sheet(found, wanted) {
  const items = [];
  const sections = [];
  const body = h("div", { "data-sheet": true });
  const counts = new Map();
  // a short list grows on the spot when one of its key items fails: what is new stands below
  const grow = (more) => {
    let group = "";
    for (const item of more) {
      const name = groupOf(item);
      if (name !== group) {
        group = name;
        const count = h("span.s.mut");
        counts.set(count, more.filter((one) => groupOf(one) === name));
        body.append(h("div.psec", h("h2", item.section), count, h("span.sp"), h("span.s.mut", `${item.list.name}${t("versionN", { n: item.list.number })}`)));
      }
      const one = section(found, item, (which) => go(which));
      items.push(item);
      sections.push(one);
      body.append(one.node);
    }
  };
  grow(log.itemsOf(found));
  const brief = h("p.pfoot-note", { "data-short": true });
  const dashes = h("div.dashes", { role: "img" });
  const done = h("b");
  const total = h("span");
  const foot = h("footer.foot");
  const line = h("div");
  const next = button("lg.pri", { "data-next": true, onclick: () => { const one = following(); if (one) go(one); else location.hash = `#/sign/${found.id}`; } });
  foot.append(line, h("div.go", h("a.btn.lg.less", { href: `#/sign/${found.id}`, "data-end": true }, t("ending")), next));
  const held = h("div");
  const aside = drawer(found);
  const following = () => {
    const at = sections.findIndex((one) => one.isOpen());
    return [...sections.slice(at + 1), ...sections.slice(0, at + 1)].find((one) => !one.isComplete());
  };
  const go = (one) => {
    for (const other of sections) other.open(other === one);
    one.node.scrollIntoView({ block: "start" });
    one.focus();
    history.replaceState(null, "", `#/visit/${found.id}/${one.item.id}`);
  };
  const update = () => {
    const known = new Set(items.map((item) => item.id));
    const fresh = log.itemsOf(found).filter((item) => !known.has(item.id));
    if (fresh.length) grow(fresh);
    const short = found.lists.filter((list) => list.short && !log.isFull(found, list));
    brief.hidden = !short.length;
    brief.textContent = short.map((list) => t("shortList", { name: list.name, n: list.items.filter((item) => item.short).length })).join(" ");
    total.textContent = ` / ${items.length}`;
    for (const one of sections) one.update();
    const complete = sections.filter((one) => one.isComplete()).length;
    done.textContent = String(complete);
    dashes.setAttribute("aria-label", t("begunN", { done: complete, n: items.length }));
    swap(dashes, sections.map((one) => h(one.isComplete() ? `i.${SHAPES[one.value()]}` : "i")));
    for (const [node, group] of counts) node.textContent = t("ofN", { done: group.filter((item) => log.complete(log.answerOf(found, item.id))).length, n: group.length });
    swap(line, footLine(found.id));
    const left = following();
    swap(next, left ? t("nextOpen") : t("allAnswered"), icon(left ? "arrow-down" : "signature", 20));
    const other = log.heldOf(found.id).filter((row) => row.kind !== "answer" || row.code !== "answer_conflict");
    const broken = cutOff(found.id);
    const cut = items.filter((item) => broken.includes(item.id));
    swap(held, recusalNotes(found), cut.map((item) => h("div.note.warn", { "data-cut": String(item.id) }, shape("warn"), h("div", h("b", t("voiceCutOf", { n: item.n })), h("a", { href: `#/visit/${found.id}/${item.id}`, onclick: (event) => { event.preventDefault(); go(sections.find((one) => one.item === item)); } }, item.text)))), other.slice(0, 1).map((row) => h("div.note.warn", { "data-held": true }, shape("warn"), h("div", h("b", t("heldN", { n: other.length })), h("p", row.sentence), h("a", { href: "#/waiting" }, t("seeWaiting"))))));
  };
  const first = sections.find((one) => one.item.id === wanted) || sections.find((one) => !one.isComplete()) || sections[0];
  first?.open(true);
  update();
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("textarea,input:not([type=radio])")) return;
    if ("123".includes(event.key)) sections.find((one) => one.isOpen())?.choose(Number(event.key) - 1);
  };
  document.addEventListener("keydown", keys);
  const flush = () => { for (const one of sections) one.flush(); };
  document.addEventListener("visibilitychange", flush);
  window.addEventListener("pagehide", flush);
  return {
    head: head(found.facility.name, {
      right: h("a", { href: `#/visit/${found.id}`, onclick: (event) => { event.preventDefault(); aside.showModal(); } }, icon("list-details", 18, ""), t("fileOf")),
      more: [h("div.sub", h("span", `${found.facility.street}　${found.number}`, listed(found)), h("span.sp"), h("span", done, total)), dashes],
    }),
    body: [held, brief, body, aside],
    foot, update,
    leave: () => {
      flush();
      for (const one of sections) one.stop();
      document.removeEventListener("keydown", keys);
      document.removeEventListener("visibilitychange", flush);
      window.removeEventListener("pagehide", flush);
    },
    shown: () => { if (wanted) first?.node.scrollIntoView({ block: "start" }); },
  };
}

function drawer(found) {
  const aside = h("dialog.drawer", { "aria-label": t("fileOf") }, h("div.ph", h("div.psec", h("h2", found.facility.name), h("span.sp"), button("sm", { onclick: () => aside.close() }, t("close"))), h("div.pad", h("a.btn", { href: `#/code/${found.id}` }, icon("qrcode", 18), t("showCode"))), file(found), h("div.psec", h("h2", t("team"))), team(found)));
  return aside;
}

// --- one item -------------------------------------------------------------------------------------

function source(item) {
  return h("details.cl", h("summary", icon("scale", 15), item.source || t("basis"), item.weak ? h("span.tag", t("weak")) : null, icon("chevron-down", 15)),
    h("blockquote", item.source ? `“${item.quote}”` : item.quote), item.hint ? h("p.mut", `${t("howTo")}${item.hint}`) : null);
}

function section(found, item, go) {
  const name = `a-${item.id}`;
  const radios = ANSWERS.map(([value, css, words]) => h("input", { type: "radio", name, value, "data-word": words, "data-css": css }));
  const tri = h("fieldset.tri", h("legend.vh", t("itemN", { n: item.n })), radios.map((radio) => h(`label.a-${radio.dataset.css}`, radio, h("span", shape(radio.dataset.css, 18), t(radio.dataset.word)))));
  const note = h("textarea.in", { rows: "2", maxlength: "2000", id: `note-${item.id}` });
  const label = h("label", { for: `note-${item.id}` });
  const mended = h("input", { type: "checkbox" });
  const mendedRow = h("label.choice", mended, h("span", t("mended")));
  const more = h("div.more", h("div.field", label, note), mendedRow);
  const pictures = shots(found, item);
  const spoken = voices(found, item);
  const media = h("div.more", pictures.node, spoken.node);
  const mates = h("p.s.mut");
  const apart = h("p.s", { hidden: true, "data-apart-line": true });
  const conflict = h("div", { "aria-live": "polite" });
  const line = h("a.item.one", { href: `#/visit/${found.id}/${item.id}`, onclick: (event) => { event.preventDefault(); go(one); } });
  const card = h("div.item", h("div.q", h("span.no", String(item.n)), h("h3", item.text), weightTag(item)), apart, source(item), tri, more, media, conflict, mates);
  const two = () => apartOf(found, item.id);
  const node = h("section", { id: `item-${item.id}`, "data-item": item.key }, line, card);
  let opened = false;
  let clock = 0;
  let dirty = false;
  let last = Promise.resolve();

  const value = () => radios.find((radio) => radio.checked)?.value || "";
  const write = () => {
    clearTimeout(clock);
    if (!dirty) return last;
    dirty = false;
    const payload = { value: value(), note: note.value, mended: mended.checked && value() === "bad", base: log.answerOf(found, item.id).server?.version || 0, words: item.text.slice(0, 200) };
    last = last.then(() => log.add(found.id, "answer", item.id, payload)).then(saved, (error) => failed(error));
    return last;
  };
  const failed = (error) => {
    dirty = true;
    conflict.replaceChildren(h("p.errmsg", { role: "alert" }, shape("bad"), error?.name === "QuotaExceededError" ? t("full") : t("notSaved")));
  };
  const changed = (soon) => {
    dirty = true;
    clearTimeout(clock);
    if (soon) write(); else clock = setTimeout(write, TYPED);
    dress();
  };
  tri.addEventListener("change", () => { changed(true); if (value() !== "ok" && !note.value) note.focus(); });
  note.addEventListener("input", () => changed(false));
  note.addEventListener("blur", () => write());
  mended.addEventListener("change", () => changed(true));

  const dress = () => {
    const answer = value();
    card.classList.toggle("neg", answer === "bad");
    more.hidden = answer !== "bad" && answer !== "unseen";
    const drawn = two();
    const own = Boolean(drawn?.mine && (drawn.open || drawn.fixed)); // a second answer is a value and a note
    mendedRow.hidden = answer !== "bad" || own;
    media.hidden = (answer !== "bad" || own) && !pictures.count() && !spoken.count();
    note.maxLength = own ? 300 : 2000;
    apart.hidden = !drawn;
    swap(apart, apartLine(drawn));
    node.toggleAttribute("data-apart", Boolean(drawn));
    for (const control of [...radios, note]) control.disabled = Boolean(drawn?.fixed);
    label.textContent = answer === "unseen" ? t("whyUnseen") : t("whatFound");
  };
  const keep = async (which) => {
    const answer = log.answerOf(found, item.id);
    const { mine, theirs } = answer.conflict;
    const chosen = which === "mine" ? mine : theirs;
    await log.add(found.id, "answer", item.id, { value: chosen.value, note: chosen.note, mended: chosen.mended, base: theirs.version, words: item.text.slice(0, 200) });
    saved();
  };
  const twoAnswers = (answer) => {
    if (!answer.conflict) return answer.held ? [h("p.errmsg", shape("warn"), answer.held)] : [];
    const { mine, theirs } = answer.conflict;
    const words = (given) => h("div", given.value ? chip(given.value) : t("unanswered"), h("p", given.note));
    return [h("div.note.warn", { "data-conflict": true }, shape("warn"), h("div", h("b", t("twoAnswers", { who: theirs?.by || "", at: theirs?.at || "" })),
      h("p", t("mineIs")), words(mine), h("p", t("theirsIs", { who: theirs?.by || "" })), theirs ? words(theirs) : null,
      h("div.row.wrap", button("sm", { onclick: () => keep("mine"), "data-keep": "mine" }, t("keepMine")), button("sm", { onclick: () => keep("theirs"), "data-keep": "theirs" }, t("keepTheirs", { who: theirs?.by || "" })))))];
  };
  const update = () => {
    const answer = log.answerOf(found, item.id);
    const typing = dirty || (document.activeElement === note && !answer.conflict);
    if (!dirty) {
      for (const radio of radios) radio.checked = radio.value === answer.value;
      if (!typing && note.value !== answer.note) note.value = answer.note;
      mended.checked = Boolean(answer.mended);
      swap(conflict, twoAnswers(answer));
    }
    mates.textContent = answer.server && !answer.server.mine && !answer.pending ? t("answeredBy", { who: answer.server.by, at: answer.server.at }) : "";
    swap(line, h("span.no", String(item.n)), h("b", item.text), answer.conflict ? status("warn", t("choose")) : answer.value ? chip(answer.value) : h("span.mut", "·"));
    pictures.update();
    spoken.update();
    dress();
  };
  const one = {
    node, item, update, value,
    isOpen: () => opened,
    isComplete: () => log.complete(log.answerOf(found, item.id)),
    open(which) { if (opened && !which) write(); opened = which; line.hidden = which; card.hidden = !which; node.toggleAttribute("data-opened", which); },
    focus() { (radios.find((radio) => radio.checked) || radios[0]).focus({ preventScroll: true }); },
    choose(number) { if (!radios[number].checked && !radios[number].disabled) { radios[number].checked = true; radios[number].focus(); changed(true); } },
    flush: () => write(),
    stop: () => spoken.stop(),
  };
  one.open(false);
  return one;
}
