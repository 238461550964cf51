// The log of what was done here: each operation is on the disk before anybody says that it is saved.
import { all, change, get, put, remove } from "./store.js";
import * as drafts from "./drafts.js";
import * as sealing from "./seal.js";
import { setting } from "./page.js";

const dayId = () => `${setting.district}:${sealing.person()}`;
const own = (row) => row.district === setting.district && row.person === sealing.person();
const counter = (visit) => `sequence:${setting.district}:${sealing.person()}:${visit}`;
const fileId = (visit, sha256) => `${setting.district}:${sealing.person()}:${visit}:${sha256}`;
const passId = (visit) => `${setting.district}:${sealing.person()}:${visit}`;

export const DONE = ["applied", "replaced", "adopted", "dropped", "addendum"];
/** What has come to its end on the server leaves the phone after so many days. */
const EXPIRES = 7 * 86400000;

let day = null;
let rows = []; // this person's operations, opened, in order
let files = []; // this person's files without their content

export const today = () => day;
export const visits = () => day?.visits || [];
export const visit = (id) => visits().find((one) => one.id === Number(id));
export const operations = (id) => rows.filter((row) => row.visit === Number(id));
export const filesOf = (id) => files.filter((row) => row.visit === Number(id));
export const allOperations = () => rows;
export const allFiles = () => files;

const light = ({ sealed, said, ...rest }) => rest;
const saidOf = (uuid) => `${uuid}:said`;

/** Reads everything of this person into memory, photographs without their content. */
export async function load() {
  const stored = await get("days", dayId());
  day = stored ? await sealing.openValue(stored.sealed, dayId()) : null;
  await drafts.load();
  rows = [];
  for (const row of (await all("operations")).filter(own)) {
    const sentence = row.said ? await sealing.openValue(row.said, saidOf(row.uuid)) : "";
    rows.push({ ...light(row), sentence, ...(await sealing.openValue(row.sealed, row.uuid)) });
  }
  rows.sort((a, b) => a.visit - b.visit || a.sequence - b.sequence);
  files = [];
  for (const row of (await all("files")).filter(own)) {
    files.push({ ...light(row), ...(await sealing.openValue(row.about, row.id)) });
  }
}

/** What the server gave to take along; a visit that is gone there stays here while something of it waits or is
 * not finished. */
export async function keepDay(fresh) {
  const gone = visits().filter((one) => !fresh.visits.some((other) => other.id === one.id));
  const left = gone.filter((one) => waiting(one.id).length || allFilesWaiting(one.id).length || heldOf(one.id).length || unfinished(one.id));
  const known = new Map(visits().map((one) => [one.id, one]));
  // a screen holds on to its visit: the same object gets what is new
  const renewed = (one, old) => { for (const name of Object.keys(old)) delete old[name]; return Object.assign(old, one); };
  const coming = fresh.visits.map((one) => (known.has(one.id) ? renewed(one, known.get(one.id)) : one));
  day = { ...fresh, visits: [...coming, ...left.map((one) => ({ ...one, gone: true }))] };
  await saveDay();
}

export async function keepState(id, state) {
  const found = visit(id);
  if (!found) return;
  Object.assign(found, state);
  await saveDay();
}

async function saveDay() {
  const id = dayId();
  await put("days", { id, district: setting.district, person: sealing.person(), sealed: await sealing.seal(day, id) });
}

export async function keepPass(id, token) {
  const name = passId(id);
  await put("passes", { id: name, visit: Number(id), sealed: await sealing.seal({ token }, name) });
}
export async function passOf(id) {
  const row = await get("passes", passId(id));
  return row ? (await sealing.openValue(row.sealed, row.id)).token : null;
}
export const dropPass = (id) => remove("passes", passId(id));

// --- adding ---------------------------------------------------------------------------------------

const numbered = (stores, visitId, then) => {
  const name = counter(visitId);
  const asked = stores.keep.get(name);
  asked.onsuccess = () => {
    const sequence = (asked.result?.value || 0) + 1;
    stores.keep.put({ name, value: sequence });
    then(sequence);
  };
};

/** Adds an operation, with it a file's content, and ends the drafts that it was made of (`ended`: how their names
 * begin); on the disk when the promise is kept, together or not at all. */
export async function add(visitId, kind, item, payload, file = null, ended = "") {
  const end = ended ? drafts.ending(visitId, ended) : null;
  await end?.written;
  const uuid = sealing.madeId();
  const content = { item: item ?? null, payload, made_at: new Date().toISOString(), offset_ms: setting.offset };
  const row = {
    uuid, district: setting.district, person: sealing.person(), visit: Number(visitId), kind, state: "here", code: "", sentence: "",
    sealed: await sealing.seal(content, uuid),
  };
  const sequence = await change(["keep", "operations", "files"], (stores, give) => {
    numbered(stores, visitId, (number) => {
      stores.operations.put({ ...row, sequence: number });
      if (file) stores.files.put(file);
      end?.within(stores);
      give(number);
    });
  });
  const made = { ...light(row), ...content, sequence };
  rows.push(made);
  end?.done();
  if (file) await refreshFile(file.id);
  return made;
}

async function refreshFile(id) {
  const row = await get("files", id);
  files = files.filter((one) => one.id !== id);
  if (row) files.push({ ...light(row), ...(await sealing.openValue(row.about, row.id)) });
}

/** A file as it is put beside its operation: content and the small picture sealed, hash and size open. */
export async function sealedFile(visitId, { sha256, bytes, type, kind, item, thumb = "", draft = false }) {
  const id = fileId(visitId, sha256);
  return {
    id, district: setting.district, person: sealing.person(), visit: Number(visitId), sha256, size: bytes.byteLength, offset: 0, done: false, draft,
    about: await sealing.seal({ type, kind, item, thumb }, id),
    sealed: await sealing.seal(bytes, id),
  };
}

export const putFile = async (file) => { await put("files", file); await refreshFile(file.id); };
export const dropFile = async (id) => { await remove("files", id); files = files.filter((one) => one.id !== id); };

export async function contentOf(id) {
  const row = await get("files", id);
  return row?.sealed ? sealing.openBytes(row.sealed, id) : null;
}

// --- what the server said -------------------------------------------------------------------------

export async function settle(outcomes) {
  const changed = rows.filter((row) => outcomes[row.uuid] && (row.state !== outcomes[row.uuid].state || row.code !== outcomes[row.uuid].code));
  if (!changed.length) return;
  // a sentence names people and what they answered: it is sealed like the rest
  const said = new Map();
  for (const row of changed) said.set(row.uuid, await sealing.seal(outcomes[row.uuid].sentence || "", saidOf(row.uuid)));
  await change(["operations"], (stores) => {
    for (const row of changed) {
      const { state, code } = outcomes[row.uuid];
      const asked = stores.operations.get(row.uuid);
      asked.onsuccess = () => { if (asked.result) stores.operations.put({ ...asked.result, state, code, said: said.get(row.uuid), sentence: "", heard: Date.now() }); };
    }
  });
  for (const row of changed) Object.assign(row, outcomes[row.uuid], { heard: Date.now() });
}

/** How far a file has come; the content goes once the server has all of it. */
export async function moved(id, offset, done, stuck = "") {
  await change(["files"], (stores) => {
    const asked = stores.files.get(id);
    asked.onsuccess = () => {
      const row = asked.result;
      if (!row) return;
      Object.assign(row, { offset, done, stuck });
      if (done) delete row.sealed;
      stores.files.put(row);
    };
  });
  const row = files.find((one) => one.id === id);
  if (row) Object.assign(row, { offset, done, stuck });
}

/** Takes away what came to its end long ago, of visits that are no longer on the list; nothing else ever goes. */
export async function expire() {
  const old = (row) => DONE.includes(row.state) && row.heard && Date.now() - row.heard > EXPIRES && !visit(row.visit);
  const gone = rows.filter(old);
  const done = files.filter((row) => row.done && !visit(row.visit) && !rows.some((one) => one.visit === row.visit && !old(one)));
  if (!gone.length && !done.length) return;
  await change(["operations", "files"], (stores) => {
    for (const row of gone) stores.operations.delete(row.uuid);
    for (const row of done) stores.files.delete(row.id);
  });
  rows = rows.filter((row) => !gone.includes(row));
  files = files.filter((row) => !done.includes(row));
}

// --- questions ------------------------------------------------------------------------------------

/** Not yet on the server. */
export const waiting = (id) => rows.filter((row) => (!id || row.visit === id) && row.state === "here");
/** On the server, but not at its end there. */
export const open = (id) => rows.filter((row) => (!id || row.visit === id) && !DONE.includes(row.state));
export const heldOf = (id) => rows.filter((row) => row.visit === id && row.state === "held");
export const allFilesWaiting = (id) => files.filter((row) => (!id || row.visit === id) && !row.done && !row.draft);

/** Pictures that nobody has said yet to keep. */
export const pictureDrafts = (id) => files.filter((row) => (!id || row.visit === id) && row.draft);
/** Visits with something that was spoken, drawn, typed or photographed and is not kept yet. */
export const unfinishedVisits = () => [...new Set([...drafts.visits(), ...pictureDrafts().map((row) => row.visit)])];
const unfinished = (id) => unfinishedVisits().includes(id);

/** Everything of others that lies here sealed: how many operations and files of whom we do not know. */
export async function sealedOfOthers() {
  const others = (row) => row.person !== sealing.person();
  const operations = (await all("operations")).filter((row) => others(row) && row.state === "here");
  const pictures = (await all("files")).filter((row) => others(row) && !row.done && !row.draft);
  return { operations: operations.length, files: pictures.length };
}

/** An item as it stands here: what the server has, and over it what was done on this phone and is not decided there. */
export function answerOf(found, item) {
  const server = found.answers?.[item] || null;
  const mine = rows.filter((row) => row.visit === found.id && row.kind === "answer" && row.item === item);
  const last = mine[mine.length - 1];
  const shown = last && (last.state === "here" || last.state === "waiting") ? { ...last.payload, version: server?.version || 0, pending: true } : server;
  const conflict = last?.state === "held" && last.code === "answer_conflict" ? { mine: last.payload, theirs: server } : null;
  return { ...(shown || { value: "", note: "", mended: false, version: 0 }), conflict, server, held: last?.state === "held" ? last.sentence : "" };
}

export const complete = (answer) => Boolean(answer.value) && !answer.conflict && (answer.value === "ok" || Boolean(answer.note.trim()));

/** Whether all items of a list are asked: a short one asks the key items, until one of them fails, there or here. */
export function isFull(found, list) {
  if (!list.short || (found.opened || []).includes(list.version)) return true;
  const keys = new Set(list.items.filter((item) => item.short).map((item) => item.id));
  const here = rows.some((row) => row.visit === found.id && row.kind === "answer" && keys.has(row.item) && row.payload?.value === "bad");
  return here || [...keys].some((id) => found.answers?.[id]?.value === "bad");
}

/** What is asked, each item with its list. */
export function itemsOf(found) {
  return (found.lists || []).flatMap((list) => {
    const full = isFull(found, list);
    return list.items.filter((item) => full || item.short || answerOf(found, item.id).value).map((item) => ({ ...item, list }));
  });
}

/** Whether the visit was begun, there or here. */
export const begun = (found) => found.state !== "due" || operations(found.id).some((row) => row.kind === "start" && row.state !== "held");
