// Spoken notes beside an item: each second lies sealed on the phone as it is spoken; what a closed browser cut off is
// offered afterwards, to keep or to throw away. A whole note is sent like a picture.
import * as drafts from "./drafts.js";
import * as log from "./log.js";
import * as sealing from "./seal.js";
import { button, h, icon, shape, t } from "./page.js";
import { saved } from "./main.js";
import { place } from "./picture.js";
import { room } from "./room.js";

const LONGEST = 180; // seconds
const PIECE = 1000; // ms
const speaking = new Set(); // notes that are being spoken now, by the start of their drafts' names

const about = (note) => `${note}about`;
const piecesOf = (id, note) => drafts.listed(id, note).filter((name) => name !== about(note));

/** Items of a visit with a note that was cut off, each once. */
export const cutOff = (id) => [...new Set(notesOf(id, "voice:").map((note) => Number(note.split(":")[1])))];
const notesOf = (id, start) => [...new Set(drafts.listed(id, start).map((name) => name.slice(0, name.lastIndexOf(":") + 1)))].filter((note) => !speaking.has(note) && piecesOf(id, note).length);

async function finish(found, item, note, pieces) {
  const bytes = await new Blob(pieces).arrayBuffer();
  const sha256 = await sealing.sha256(bytes);
  const meta = { ...(await drafts.of(found.id, about(note))), seconds: String(pieces.length) };
  const row = await log.sealedFile(found.id, { sha256, bytes, type: "audio/webm", kind: "voice", item: item.id });
  await log.add(found.id, "voice", item.id, { sha256, size: bytes.byteLength, meta }, row, note);
  saved();
}

/** What was cut off in a visit: {note, item, seconds}. */
export const cutNotes = (id) => notesOf(id, "voice:").map((note) => ({ note, item: Number(note.split(":")[1]), seconds: piecesOf(id, note).length }));

/** Keeps a note that was cut off as what it has; it goes up like a whole one. */
export async function keepNote(found, item, note) {
  const pieces = [];
  for (const name of piecesOf(found.id, note)) pieces.push(await drafts.of(found.id, name));
  await finish(found, item, note, pieces);
}

export function voices(found, item) {
  const list = h("ul.facts");
  const problem = h("div", { "aria-live": "polite" });
  const record = button("sm", { "data-record": true });
  const say = (words) => problem.replaceChildren(words ? h("p.errmsg", { role: "alert" }, shape("bad"), words) : "");
  const failed = (error) => say(error?.name === "QuotaExceededError" ? t("noRoom") : t("notSaved"));
  const mine = () => log.filesOf(found.id).filter((row) => row.kind === "voice" && row.item === item.id);
  const left = () => notesOf(found.id, `voice:${item.id}:`);
  let recorder = null;
  const label = () => record.replaceChildren(icon(recorder ? "circle-off" : "messages", 16), recorder ? t("stopVoice") : t("speak"));
  record.addEventListener("click", async () => {
    if (recorder) { recorder.stop(); return; }
    if (!(await room())) { say(t("noRoom")); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const note = `voice:${item.id}:${Date.now()}:`;
      const began = { taken_at: new Date().toISOString() };
      const pieces = [];
      let written = drafts.keep(found.id, about(note), began);
      place().then((where) => { if (recorder) drafts.keep(found.id, about(note), { ...began, ...where }).catch(() => {}); });
      speaking.add(note);
      recorder = new MediaRecorder(stream);
      recorder.ondataavailable = ({ data }) => {
        if (!data.size) return;
        const number = String(pieces.push(data)).padStart(4, "0");
        written = Promise.all([written, data.arrayBuffer().then((bytes) => drafts.keep(found.id, note + number, bytes))]).then(() => { list.dataset.kept = number; });
        written.catch((error) => { failed(error); recorder?.stop(); });
      };
      const late = setTimeout(() => recorder?.stop(), LONGEST * 1000);
      recorder.onstop = async () => {
        clearTimeout(late);
        for (const track of stream.getTracks()) track.stop();
        recorder = null;
        label();
        try {
          await written;
          if (pieces.length) await finish(found, item, note, pieces);
          else await drafts.drop(found.id, note);
        } catch (error) {
          failed(error);
        }
        speaking.delete(note);
        update();
      };
      recorder.start(PIECE);
      say("");
    } catch {
      recorder = null;
      say(t("noVoice"));
    }
    label();
  });
  label();
  const keepWhatIsThere = async (note) => {
    try {
      await keepNote(found, item, note);
      update();
    } catch (error) {
      failed(error);
    }
  };
  const away = async (note) => { await drafts.drop(found.id, note); update(); };
  const unfinished = (note) => h("li", { "data-voice": "draft" }, shape("warn"), h("div", t("voiceCut", { n: piecesOf(found.id, note).length }),
    h("p.row.wrap", button("sm", { onclick: () => keepWhatIsThere(note), "data-keep-voice": true }, icon("check", 14), t("keepVoice")), button("sm", { onclick: () => away(note), "data-drop-voice": true }, icon("trash", 14), t("dropVoice")))));
  const whole = (row) => h("li", { "data-voice": row.done ? "sent" : "waiting" }, shape(row.done ? "ok" : "doing"), h("div", `${t("voice")}　${Math.ceil(row.size / 1024)} KB`), h("div.nw", row.done ? t("sent") : t("toSend")));
  let drawn = "";
  const update = () => {
    const key = JSON.stringify([mine().map((row) => [row.id, row.done]), left()]);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...mine().map(whole), ...left().map(unfinished));
  };
  return { node: h("div", list, record, problem), update, count: () => mine().length + left().length, stop: () => recorder?.stop() };
}
