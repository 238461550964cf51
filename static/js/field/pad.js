// A field to sign in with a finger; black on white, whatever the theme. A signature belongs to the version that it was
// drawn under (`of`, its hash): over another one it does not stand.
import { button, h, t } from "./page.js";

const FINE = 10; // points of a line are kept to a tenth

/** `changed`: begun or cleaned; `moved`: another piece of line. */
export function pad(label, changed, moved) {
  const canvas = h("canvas.pad", { width: 600, height: 220, "aria-label": label, tabindex: "0" });
  const context = canvas.getContext("2d");
  let lines = [];
  let of = "";
  let from = null;
  const clean = () => { context.fillStyle = "#fff"; context.fillRect(0, 0, canvas.width, canvas.height); lines = []; of = ""; from = null; };
  const at = (event) => {
    const rect = canvas.getBoundingClientRect();
    return [(event.clientX - rect.left) * canvas.width / rect.width, (event.clientY - rect.top) * canvas.height / rect.height].map((one) => Math.round(one * FINE) / FINE);
  };
  const stroke = (one, other) => {
    Object.assign(context, { strokeStyle: "#102024", lineWidth: 5, lineCap: "round" });
    context.beginPath();
    context.moveTo(...one);
    context.lineTo(...other);
    context.stroke();
  };
  canvas.onpointerdown = (event) => { from = at(event); canvas.setPointerCapture(event.pointerId); };
  canvas.onpointermove = (event) => {
    if (!from) return;
    const to = at(event);
    const first = !lines.length;
    if (first || lines[lines.length - 1].at(-1) !== from) lines.push([from]);
    lines[lines.length - 1].push(to);
    stroke(from, to);
    from = to;
    moved();
    if (first) changed();
  };
  canvas.onpointerup = () => { from = null; };
  canvas.onpointercancel = canvas.onpointerup;
  clean();
  return {
    node: h("div.signing", h("div.row", h("b", label), h("span.sp"), button("sm", { onclick: () => { clean(); moved(); changed(); } }, t("signAgain"))), canvas),
    clean,
    signed: () => lines.length > 0,
    drawn: () => ({ lines, of }),
    /** Puts the version that is shown now to what was just begun; whether the signature belongs to it. */
    holds(sha256) { if (lines.length && !of) of = sha256; return !lines.length || of === sha256; },
    restore(kept) {
      if (!kept?.lines?.length || lines.length) return;
      ({ of } = kept);
      lines = kept.lines;
      for (const one of lines) for (let n = 1; n < one.length; n += 1) stroke(one[n - 1], one[n]);
    },
    bytes: () => new Promise((done) => { canvas.toBlob(async (blob) => done(await blob.arrayBuffer()), "image/png"); }),
  };
}
