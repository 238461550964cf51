// The visit's code for the facility's phone: of today only, as it was taken along.
import { h, setting, shape, t } from "./page.js";
import { footLine, head } from "./main.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules of white around, as ISO/IEC 18004 asks

const node = (name, facts) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(facts)) made.setAttribute(key, value);
  return made;
};

/** Rows of modules, each a hexadecimal number, as a picture. */
function qr(rows) {
  const side = rows.length;
  const path = rows.map((row, y) => [...BigInt(`0x${row}`).toString(2).padStart(side, "0")].map((bit, x) => (bit === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")).join("")).join("");
  const whole = side + 2 * QUIET;
  const picture = node("svg", { viewBox: `0 0 ${whole} ${whole}`, role: "img", "aria-label": t("codeOf"), "shape-rendering": "crispEdges" });
  picture.append(node("path", { d: `M0 0h${whole}v${whole}h-${whole}z`, fill: "#fff" }), node("path", { d: path, fill: "#000" }));
  return picture;
}

/** The day in the district by the server's clock, as far as this phone knows that. */
const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: setting.zone }).format(new Date(Date.now() + setting.offset));

export function codeScreen(found) {
  const body = h("div");
  let drawn = null;
  const update = () => {
    const code = (found.codes || []).find((one) => one.day === today()) || "";
    if (code === drawn) return;
    drawn = code;
    body.replaceChildren(...(code ? [
      h("div.pad.visit-code", { "data-code": code.day }, qr(code.rows), h("p", h("b", t("codeDay", { day: code.day })), "　", h("span.mono", found.number))),
      h("p.pfoot-note", t("codeHint")),
      h("details.pad", h("summary", t("codeAddress")), h("p.mono.brk.s", { "data-address": true }, code.url)),
    ] : [h("ul.pcard", h("li", { "data-no-code": true }, shape("warn"), h("div", t("codeNone"), h("p", t("codeNoneMore")))))]),
    h("div.psec", h("h2", t("team"))), h("ul.pcard", found.team.map((one) => h("li", shape("ok"), h("div", `${one.code} ${one.name}`)))));
  };
  update();
  return {
    head: head(t("code"), { back: `#/visit/${found.id}`, right: h("span.s", found.facility.name) }),
    body, foot: h("footer.foot", footLine(found.id).filter(Boolean), h("div.go", h("a.btn.lg.pri", { href: `#/visit/${found.id}` }, t("back")))), update,
  };
}
