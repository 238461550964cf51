// Photographs: scaled here, parts covered here if need be, hashed, sealed, written; then they go up piece by piece.
import * as log from "./log.js";
import * as sealing from "./seal.js";
import { exif } from "./exif.js";
import { button, h, icon, shape, t } from "./page.js";
import { saved } from "./main.js";
import { room } from "./room.js";

const LONG_EDGE = 1600;
const THUMB = 160;
const MOST = 12;
const QUALITY = 0.82;

const blobOf = (canvas, quality) => new Promise((done, fail) => { canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("canvas"))), "image/jpeg", quality); });

async function scaled(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONG_EDGE / Math.max(picture.width, picture.height));
  const canvas = h("canvas", { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

function thumbnail(canvas) {
  const scale = Math.min(1, THUMB / Math.max(canvas.width, canvas.height));
  const small = h("canvas", { width: Math.max(1, Math.round(canvas.width * scale)), height: Math.max(1, Math.round(canvas.height * scale)) });
  small.getContext("2d").drawImage(canvas, 0, 0, small.width, small.height);
  return small.toDataURL("image/jpeg", 0.7);
}

/** Where we are, if the person allowed it; never waited for longer than three seconds. */
export function place() {
  return new Promise((done) => {
    if (!navigator.geolocation) { done({}); return; }
    const late = setTimeout(() => done({}), 3000);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { clearTimeout(late); done({ latitude: coords.latitude.toFixed(6), longitude: coords.longitude.toFixed(6), accuracy: String(Math.round(coords.accuracy)) }); },
      () => { clearTimeout(late); done({}); }, { maximumAge: 60000, timeout: 2800 });
  });
}

/** The picture with a finger on it: what is rubbed over is black before the picture is kept. Resolves to how many
 * parts were covered, or null when the picture is not wanted. */
function look(canvas) {
  return new Promise((done) => {
    const clean = h("canvas", { width: canvas.width, height: canvas.height });
    clean.getContext("2d").drawImage(canvas, 0, 0);
    const boxes = [];
    let now = null;
    const back = button("", { onclick: () => { boxes.pop(); draw(); }, hidden: true }, t("uncover"));
    const draw = () => {
      const context = canvas.getContext("2d");
      context.drawImage(clean, 0, 0);
      context.fillStyle = "#000";
      for (const box of now ? [...boxes, now] : boxes) context.fillRect(box.x, box.y, box.w, box.h);
      back.hidden = !boxes.length;
    };
    const at = (event) => {
      const rect = canvas.getBoundingClientRect();
      return { x: (event.clientX - rect.left) * canvas.width / rect.width, y: (event.clientY - rect.top) * canvas.height / rect.height };
    };
    canvas.onpointerdown = (event) => { const from = at(event); now = { ...from, w: 0, h: 0, from }; canvas.setPointerCapture(event.pointerId); };
    canvas.onpointermove = (event) => {
      if (!now) return;
      const to = at(event);
      Object.assign(now, { x: Math.min(now.from.x, to.x), y: Math.min(now.from.y, to.y), w: Math.abs(to.x - now.from.x), h: Math.abs(to.y - now.from.y) });
      draw();
    };
    canvas.onpointerup = () => { if (now && now.w > 4 && now.h > 4) boxes.push(now); now = null; draw(); };
    const end = (value) => { dialog.close(); dialog.remove(); done(value); };
    const dialog = h("dialog.dlg.look", { "aria-label": t("look"), oncancel: (event) => { event.preventDefault(); end(null); } },
      h("p.s", t("coverHint")), canvas,
      h("div.row.wrap", back, button("", { onclick: () => end(null), "data-discard": true }, icon("trash", 16), t("discard")), h("span.sp"), button("pri", { onclick: () => end(boxes.length), "data-keep-photo": true }, icon("check", 16), t("keepPhoto"))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Looked at, and kept or thrown away; what it was until then goes with it. */
async function finish(found, item, canvas, about, draft) {
  const covered = await look(canvas);
  if (covered === null) { await log.dropFile(draft); return; }
  const bytes = await (await blobOf(canvas, QUALITY)).arrayBuffer();
  const sha256 = await sealing.sha256(bytes);
  const meta = { ...about, width: String(canvas.width), height: String(canvas.height), covered: covered ? String(covered) : "" };
  const row = await log.sealedFile(found.id, { sha256, bytes, type: "image/jpeg", kind: "photo", item: item.id, thumb: thumbnail(canvas) });
  await log.add(found.id, "photo", item.id, { sha256, size: bytes.byteLength, meta }, row);
  await log.dropFile(draft);
  saved();
}

/** A picture that a closed browser left unlooked at. */
export async function lookAgain(found, item, row) {
  const bytes = await log.contentOf(row.id);
  await finish(found, item, await scaled(new Blob([bytes], { type: "image/jpeg" })), { taken_at: new Date().toISOString() }, row.id);
}

/** The pictures of one item: those that the server has, those that are here, and the button. */
export function shots(found, item) {
  const grid = h("div.shots");
  const problem = h("div", { "aria-live": "polite" });
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", "aria-label": t("photoOf", { n: item.n }) });
  const add = h("label.shot.add", h("span", icon("camera", 22, ""), t("takePhoto")), input);
  const say = (words) => problem.replaceChildren(words ? h("p.errmsg", { role: "alert" }, shape("bad"), words) : "");
  const mine = () => log.filesOf(found.id).filter((row) => row.kind === "photo" && row.item === item.id);
  const server = () => (found.photos?.[item.id] || []).filter((digest) => !mine().some((row) => row.sha256 === digest));
  const removed = (digest) => log.operations(found.id).some((row) => row.kind === "unphoto" && row.item === item.id && row.payload.sha256 === digest);

  input.addEventListener("click", async (event) => {
    if (input.dataset.free === "1") { input.dataset.free = ""; return; }
    event.preventDefault(); // first the room, then the camera
    if (mine().length + server().length >= MOST) { say(t("photosMost", { n: MOST })); return; }
    if (!(await room())) { say(t("noRoom")); return; }
    say("");
    input.dataset.free = "1";
    input.click();
  });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      const raw = await file.arrayBuffer();
      const about = { ...exif(raw), taken_at: new Date().toISOString(), ...(await place()) };
      const canvas = await scaled(file);
      // kept at once as a draft, so that a flat battery while one looks at it costs nothing
      const early = await (await blobOf(canvas, QUALITY)).arrayBuffer();
      const draft = await log.sealedFile(found.id, { sha256: `draft-${sealing.madeId()}`, bytes: early, type: "image/jpeg", kind: "photo", item: item.id, thumb: thumbnail(canvas), draft: true });
      await log.putFile(draft);
      await finish(found, item, canvas, about, draft.id);
      update();
    } catch (error) {
      say(error?.name === "QuotaExceededError" ? t("noRoom") : t("noPicture"));
    }
  });
  const again = async (row) => { await lookAgain(found, item, row); update(); };
  const drop = async (row) => {
    await log.add(found.id, "unphoto", item.id, { sha256: row.sha256 });
    if (!row.done) await log.dropFile(row.id);
    saved();
  };
  const one = (row) => h("div.shot", { "data-shot": row.draft ? "draft" : row.done ? "sent" : "waiting" }, h("img", { src: row.thumb, alt: t("photo") }),
    row.draft ? button("sm.u", { onclick: () => again(row) }, t("lookAgain"))
      : h("span.u", icon(row.done ? "check" : "clock", 12), row.done ? t("sent") : t("toSend")),
    row.draft ? null : h("button.u.away", { type: "button", "aria-label": t("dropPhoto"), onclick: () => drop(row) }, icon("trash", 12)));
  let drawn = "";
  const update = () => {
    const shown = mine().filter((row) => !removed(row.sha256));
    const there = server().filter((digest) => !removed(digest));
    const key = JSON.stringify([shown.map((row) => [row.id, row.done, row.draft]), there]);
    if (key === drawn) return;
    drawn = key;
    grid.replaceChildren(...shown.map(one), ...(there.length ? [h("div.shot", h("span.u", icon("check", 12), t("mates", { n: there.length })))] : []), add);
  };
  return { node: h("div", grid, problem), update, count: () => mine().length + server().length };
}
