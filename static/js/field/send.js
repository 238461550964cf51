// Going up: operations in batches, files in pieces, whenever there is a network. A pass of the visit and this phone
// opens the door, so that it goes on when the session has ended.
import * as log from "./log.js";
import { put } from "./store.js";
import * as sealing from "./seal.js";
import { setting } from "./page.js";

const BATCH = 100;
const PIECE = 256 * 1024;
const AGAIN = [2000, 4000, 8000, 15000, 30000];
const MISMATCHES = 3;

/** What the screen shows: off, idle, sending, stuck; the reason, and whether a sign-in would help. */
export const line = { state: navigator.onLine ? "idle" : "off", reason: "", signIn: false };
const listeners = new Set();
export const watch = (listener) => { listeners.add(listener); };
const tell = () => { for (const listener of listeners) listener(); };
const say = (state, reason = "", signIn = false) => { Object.assign(line, { state, reason, signIn }); tell(); };

class Offline extends Error {}
class Refusal extends Error {
  constructor(status, body) {
    super(body.detail || String(status));
    Object.assign(this, { status, code: body.code || "", body });
  }
}

const after = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** Asks; where many phones send at once the server says when it is our turn, and how long to pause after it. */
async function ask(path, options, seconds = 40) {
  for (;;) {
    const body = await once(path, options, seconds);
    if (body !== TURN) return body;
    await after(line.turn + Math.random() * 500);
  }
}

const TURN = Symbol("turn");

async function once(path, options, seconds) {
  const stop = new AbortController();
  const end = setTimeout(() => stop.abort(), seconds * 1000);
  try {
    const began = Date.now();
    const answer = await fetch(path, { ...options, redirect: "manual", cache: "no-store", signal: stop.signal });
    if (answer.type === "opaqueredirect" || answer.status === 0) throw new Refusal(401, { code: "session" });
    const turn = answer.headers.get("Retry-After");
    if (answer.status === 429 && turn) { line.turn = Number(turn) * 1000; return TURN; }
    if (answer.status >= 500) throw new Offline(String(answer.status));
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(answer.status, body);
    if (body.now) measure(body.now, began);
    const pause = Number(answer.headers.get("Upload-Pause"));
    clearTimeout(end);
    if (pause) await after(pause);
    return body;
  } catch (error) {
    if (error instanceof Refusal || error instanceof Offline) throw error;
    throw new Offline(error.message);
  } finally {
    clearTimeout(end);
  }
}

/** The server's clock minus ours, seen at the middle of a request. */
function measure(now, began) {
  setting.offset = Math.round(new Date(now).getTime() - (began + Date.now()) / 2);
  put("keep", { name: "offset", value: setting.offset }).catch(() => {});
}
export const wrongClock = () => Math.abs(setting.offset) > 120000;

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) || "";

/** Asks with the session for the key, the day and the passes that are missing. "open", "session" or "offline". */
export async function open() {
  const need = [];
  if (sealing.person()) for (const one of log.visits()) if (!one.gone && !(await log.passOf(one.id))) need.push(one.id);
  const asked = async (passes) => ask(`${setting.scope}open/`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRFToken": cookie("csrftoken") },
    body: new URLSearchParams([["device", await sealing.deviceId()], ["label", navigator.userAgent.slice(0, 200)], ["offset_ms", setting.offset], ...passes.map((id) => ["passes", id])]),
  });
  try {
    let body = await asked(need);
    await welcome(body);
    const lacking = [];
    for (const one of body.day.visits) if (!(await log.passOf(one.id))) lacking.push(one.id);
    if (lacking.length) {
      body = await asked(lacking);
      await welcome(body);
    }
    await log.expire();
    return "open";
  } catch (error) {
    if (error instanceof Refusal) return error.status === 401 ? "session" : "refused";
    return "offline";
  }
}

async function welcome(body) {
  const before = sealing.person();
  await sealing.unlock(body.day.person.id, body.day.person.name, body.key);
  if (sealing.person() !== before) await log.load();
  await log.keepDay(body.day);
  for (const [id, token] of Object.entries(body.passes)) await log.keepPass(id, token);
}

const shaped = (row) => ({
  uuid: row.uuid, sequence: row.sequence, kind: row.kind, item: row.item, payload: row.payload, made_at: row.made_at, offset_ms: row.offset_ms,
});

async function sendOperations(id, token) {
  for (;;) {
    const batch = log.operations(id).filter((row) => row.state === "here").slice(0, BATCH);
    const asking = log.open(id).filter((row) => row.state !== "here").map((row) => row.uuid).slice(0, 400);
    if (!batch.length && !asking.length) return;
    const body = await ask(`/field/${setting.district}/operations/`, {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ operations: batch.map(shaped), ask: asking }),
    });
    await log.settle(body.outcomes);
    await log.keepState(id, body.visit);
    tell();
    if (batch.length < BATCH) return;
  }
}

async function sendFile(file, token) {
  const whole = await log.contentOf(file.id);
  if (!whole) return;
  let offset = file.offset;
  let mismatches = 0;
  for (;;) {
    const body = await ask(`/field/${setting.district}/files/${file.sha256}/`, {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/octet-stream", Authorization: `Bearer ${token}`, "Upload-Offset": String(offset), "Upload-Length": String(file.size) },
      body: whole.slice(offset, offset + PIECE),
    }, 120);
    if (!body.done && body.received === 0 && offset > 0) mismatches += 1;
    if (mismatches >= MISMATCHES) throw new Refusal(409, { code: "hash", detail: setting.words.hashDiffers });
    offset = body.received;
    await log.moved(file.id, offset, body.done);
    tell();
    if (body.done) return;
  }
}

async function sendVisit(id) {
  const pending = log.waiting(id).length || log.allFilesWaiting(id).length || log.open(id).length;
  const token = await log.passOf(id);
  if (!token) {
    if (pending) throw new Refusal(401, { code: "pass" });
    return;
  }
  try {
    await sendOperations(id, token);
    let sent = 0;
    for (const file of log.allFilesWaiting(id)) {
      await sendFile(file, token);
      sent += 1;
    }
    if (sent) await sendOperations(id, token);
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) await log.dropPass(id);
    throw error;
  }
}

let running = false;
let wanted = false;
let tries = 0;
let clock = 0;

/** Sends what waits, one visit after the other; asks again by itself while something is left. */
export async function push() {
  clearTimeout(clock);
  if (!sealing.person()) return;
  if (running) { wanted = true; return; }
  running = true;
  let problem = null;
  try {
    if (log.waiting().length || log.allFilesWaiting().length) say("sending");
    const ids = [...new Set([...log.visits().map((one) => one.id), ...log.allOperations().map((row) => row.visit)])];
    for (const id of ids) {
      try {
        await sendVisit(id);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        problem = error;
      }
    }
    if (problem?.status === 401 && (await open()) === "open") { problem = null; wanted = true; }
    tries = 0;
    if (problem) say("stuck", problem.status === 401 ? setting.words.signInAgain : problem.message, problem.status === 401);
    else say("idle");
  } catch (error) {
    say("off", "");
    tries += 1;
  } finally {
    running = false;
  }
  const soon = wanted ? 50 : line.state === "off" || problem ? AGAIN[Math.min(tries, AGAIN.length - 1)] : 20000;
  wanted = false;
  clock = setTimeout(refresh, soon);
}

/** As `push`, and asks how the visits stand that others work on. */
async function refresh() {
  if (sealing.person() && line.state !== "off" && !log.waiting().length) {
    for (const one of log.visits().filter((row) => row.state === "under_way")) {
      const token = await log.passOf(one.id);
      if (!token) continue;
      try {
        const body = await ask(`/field/${setting.district}/state/`, { credentials: "omit", headers: { Authorization: `Bearer ${token}` } });
        await log.keepState(one.id, body.visit);
        tell();
      } catch { break; }
    }
  }
  await push();
}

window.addEventListener("online", () => { tries = 0; push(); });
window.addEventListener("offline", () => say("off"));
