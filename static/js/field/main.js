// The field app: who is here, which screen, what the top and the bottom of each screen say.
import * as log from "./log.js";
import * as sealing from "./seal.js";
import * as sending from "./send.js";
import { get, put } from "./store.js";
import { button, clock, h, icon, setting, shape, swap, t } from "./page.js";
import { dayScreen } from "./day.js";
import { codeScreen } from "./code.js";
import { visitScreen } from "./visit.js";
import { waitingScreen } from "./waiting.js";
import { lockedScreen } from "./locked.js";
import { signScreen } from "./sign.js";

const root = document.getElementById("field");
let screen = null; // {node, update}
let savedAt = "";

/** A draft is on the disk: the line at the bottom says when. */
export function kept() {
  savedAt = clock();
  update();
}

/** Something that is to go up is on the disk. */
export function saved() {
  kept();
  sending.push();
}

// --- the banner above the foot, the line in the foot ---------------------------------------------

function banner() {
  const { state, reason, signIn } = sending.line;
  const notes = [];
  if (sending.wrongClock()) {
    const minutes = Math.round(Math.abs(setting.offset) / 60000);
    notes.push(h("div.offl.warn", { role: "alert" }, icon("clock", 18, ""), h("div", h("b", t(setting.offset > 0 ? "clockSlow" : "clockFast", { n: minutes })), h("span", t("clockMore")))));
  }
  if (state === "off") notes.push(h("div.offl.warn", icon("wifi-off", 18, ""), h("div", h("b", t("offline")), h("span", t("offlineMore")))));
  else if (state === "stuck") {
    notes.push(h("div.offl.bad", shape("bad"), h("div", h("b", t("stuck")), h("span", reason || t("stuckMore")), signIn ? h("a", { href: `/sign-in/?next=${encodeURIComponent(setting.scope)}` }, t("signIn")) : null)));
  }
  return notes;
}

/** `已存在本机 10:42:07` and how much still waits, with a bar; the way to the list of what waits. */
export function footLine(id) {
  const photos = log.filesOf(id).filter((row) => row.kind === "photo" && !row.draft);
  const left = photos.filter((row) => !row.done).length;
  const waiting = log.waiting().length + log.allFilesWaiting().length;
  const words = left ? `${t("photosLeft", { all: photos.length, n: left })}${waiting > left ? t("othersLeft", { n: waiting - left }) : ""}` : waiting ? t(sending.line.state === "sending" ? "sending" : "waitingN", { n: waiting }) : t("allSent");
  const at = savedAt ? t("savedAt", { at: savedAt }) : t("savesAtOnce");
  return [
    h("div.saved", { role: "status" }, shape("ok"), h("span", { "data-saved-here": savedAt || true }, at), h("span.sp"), h("a", { href: "#/waiting", "data-left": String(left), "data-waiting": String(waiting) }, icon("cloud-upload", 16), words)),
    photos.length ? h("div.bar", { role: "img", "aria-label": words }, h("i", { style: `width:${Math.round(100 * (photos.length - left) / photos.length)}%` })) : null,
  ];
}

export function head(title, { back = "#/", backWords = t("back"), right = null, more = null } = {}) {
  return h(back ? "header.pbar" : "header.pbar.home", h("div.t", back ? h("a", { href: back, "aria-label": backWords }, icon("chevron-left", 24, "")) : null, h("div.ttl", h("h1", title)), right), more);
}

// --- screens --------------------------------------------------------------------------------------

const ROUTES = [
  [/^#\/visit\/(\d+)(?:\/(\d+))?$/, (found) => log.visit(found[1]) && visitScreen(log.visit(found[1]), Number(found[2] || 0))],
  [/^#\/code\/(\d+)$/, (found) => log.visit(found[1]) && codeScreen(log.visit(found[1]))],
  [/^#\/sign\/(\d+)$/, (found) => log.visit(found[1]) && signScreen(log.visit(found[1]))],
  [/^#\/waiting$/, () => waitingScreen()],
  [/.*/, () => dayScreen()],
];

function route() {
  if (!sealing.person()) {
    show(lockedScreen(enter));
    return;
  }
  const hash = location.hash || "#/";
  for (const [shapeOf, make] of ROUTES) {
    const found = hash.match(shapeOf);
    const made = found && make(found);
    if (made) {
      show(made);
      return;
    }
  }
}

function show(made) {
  screen?.leave?.();
  screen = made;
  // what the network does is told above the foot: at the top it would move what is under the finger
  root.replaceChildren(made.head, h("main", { id: "main", tabindex: "-1" }, made.body), h("div.base", h("div", { "data-banner": true }, banner()), made.foot || null));
  window.scrollTo(0, 0);
  made.shown?.();
}

let drawn = 0;
export function update() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(() => {
    const held = document.querySelector("[data-banner]");
    if (held) swap(held, banner());
    screen?.update?.();
  });
}

/** Shows the screen anew, from the log. */
export const again = () => route();

// --- coming and going -----------------------------------------------------------------------------

async function enter() {
  const before = sealing.person();
  const answer = await sending.open();
  if (sealing.person() && sealing.person() !== before) {
    await log.load();
    route();
  } else if (!sealing.person()) show(lockedScreen(enter, answer));
  else update();
  sending.push();
  return answer;
}

/** Locks this phone at once, with or without a network; the session ends as soon as there is one. */
export async function leave() {
  await sealing.lock();
  await put("keep", { name: "leaving", value: true });
  location.hash = "";
  route();
  endSession();
}

async function endSession() {
  if (!(await get("keep", "leaving"))?.value) return;
  const token = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="))?.slice(10) || "";
  try {
    const answer = await fetch("/sign-out/", { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token } });
    if (answer.type === "opaqueredirect" || answer.ok) {
      await put("keep", { name: "leaving", value: false });
      route();
    }
  } catch { /* no network: once there is one */ }
}

async function start() {
  if (navigator.serviceWorker) navigator.serviceWorker.register(`${setting.scope}worker.js`, { scope: setting.scope }).catch(() => {});
  if (navigator.storage?.persist) navigator.storage.persist();
  setting.offset = (await get("keep", "offset"))?.value || 0;
  sending.watch(update);
  window.addEventListener("hashchange", route);
  window.addEventListener("online", endSession);
  if (await sealing.resume()) await log.load();
  route();
  await endSession();
  if (!(await get("keep", "leaving"))?.value) await enter();
  document.body.dataset.ready = "1";
}

start().catch((error) => {
  root.replaceChildren(h("main.pad", { id: "main" }, h("p.note.bad", shape("bad"), h("div", h("b", t("noStore")), h("p", String(error.message || error)))), button("", { onclick: () => location.reload() }, t("tryAgain"))));
});
