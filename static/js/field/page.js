// The page: its setting and words, and elements made by hand, never from text that is HTML.
const holder = document.getElementById("field-setting");
export const setting = { ...JSON.parse(holder.textContent), offset: 0 };

/** A sentence of the product: `%(name)s` is filled in. */
export function t(key, facts = {}) {
  const words = setting.words[key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  return words.replace(/%\((\w+)\)s/g, (_all, name) => facts[name] ?? "");
}

/** `h("a.btn.pri", {href: "#/"}, "text", child, …)`; `on…` are listeners, true sets an attribute without a value. */
export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  const plain = rest[0] && Object.getPrototypeOf(rest[0]) === Object.prototype;
  for (const [key, value] of Object.entries(plain ? rest.shift() : {})) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...rest.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

/** Children anew, but only where they differ: a finger or the focus that is on one of them stays where it is. */
export function swap(node, ...children) {
  const made = h("", ...children);
  const same = made.childNodes.length === node.childNodes.length && [...made.childNodes].every((child, n) => child.isEqualNode(node.childNodes[n]));
  if (!same) node.replaceChildren(...made.childNodes);
}

const SVG = "http://www.w3.org/2000/svg";
export function icon(name, size = 18, css = "i") {
  const node = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ width: size, height: size, class: css, "aria-hidden": "true" })) node.setAttribute(key, value);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${setting.sprite}#${name}`);
  node.append(use);
  return node;
}
export const shape = (kind, size = 16) => h(`span.shape.${kind}`, icon(`s-${kind}`, size, ""));
/** The mark of a facility on a list of the credit record; a day taken along before there was one has none. */
export const listed = ({ facility }) => (facility.listed ? h(`span.tag.listed.${facility.listed === "discipline" ? "veto" : "warm"}`, icon(facility.listed === "discipline" ? "gavel" : "award", 12, ""), facility.listed_word) : null);
export const status = (kind, word) => h(`span.st.${kind}`, icon(`s-${kind}`, 14, ""), word);
export const button = (css, attributes, ...children) => h(`button.btn.${css}`, { type: "button", ...attributes }, ...children);
export const clock = (moment = new Date()) => moment.toTimeString().slice(0, 8);
