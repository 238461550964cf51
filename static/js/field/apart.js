// Items that two people answer apart: neither phone has the other's answer while it could still be changed.
import { h, shape, t } from "./page.js";

/** How an item stands; null for one that was not drawn. `open`: the second's answer can still be changed; `fixed`: it is
 * this person's, and stands, and the record's is still to come from the other. */
export function apartOf(found, item) {
  const drawn = found.apart;
  if (!drawn || !drawn.items.includes(item)) return null;
  const open = drawn.open.includes(item);
  const theirs = found.answers?.[item];
  return { mine: drawn.mine, open, fixed: drawn.mine && !open && (!theirs || (theirs.mine && !theirs.version)) };
}

/** Items that cannot be signed without a reason: nobody answered them a second time, or the second does not see yet
 * what the record has. */
export function alone(found) {
  const drawn = found.apart;
  if (!drawn) return [];
  return drawn.mine ? drawn.items.filter((item) => apartOf(found, item).open || apartOf(found, item).fixed) : drawn.lacking;
}

/** What the sheet says beside such an item, and what the end says of all of them. */
export const apartLine = (one) => (one ? [h("span.tag", t("apart")), ` ${one.fixed ? t("apartFixed") : t("apartHint")}`] : []);
export const apartEnd = (found) => {
  const left = alone(found);
  if (!found.apart) return null;
  const words = !left.length ? t("apartDone") : found.apart.mine ? t("apartMine", { n: left.length }) : t("apartLeft", { n: left.length, who: found.apart.second });
  return h("li", { "data-alone": String(left.length) }, shape(left.length ? "warn" : "ok"), h("div", t("apart"), h("p", words)));
};
