// Nobody is here: how much lies sealed, and the way to unlock it or to hand it over as it is.
import * as log from "./log.js";
import { button, h, icon, setting, shape, t } from "./page.js";
import { head } from "./main.js";
import { saveFile } from "./save.js";

export function lockedScreen(enter, answer = "") {
  const counts = h("li", { "data-sealed": true });
  const keep = h("div.pad", { hidden: true }, button("", { onclick: () => saveFile(null), "data-save": true }, icon("download", 16), t("saveSealed")));
  log.sealedOfOthers().then((found) => {
    counts.dataset.sealed = String(found.operations + found.files);
    keep.hidden = !(found.operations + found.files);
    counts.replaceChildren(shape(found.operations + found.files ? "warn" : "none"), h("div", found.operations + found.files ? t("sealedN", found) : t("sealedNone"), keep.hidden ? null : h("p", t("sealedMore"))));
  });
  const words = { offline: t("lockedOffline"), refused: t("lockedRefused") }[answer] || t("lockedMore");
  return {
    head: head(t("title"), { back: null }),
    body: h("div", h("div.psec", h("h2", t("locked"))), h("ul.pcard", h("li", icon("lock", 18, ""), h("div", words)), counts), keep),
    foot: h("footer.foot", h("div.go", button("lg.less", { onclick: enter }, t("tryAgain")), h("a.btn.lg.pri", { href: `/sign-in/?next=${encodeURIComponent(setting.scope)}` }, t("signIn")))),
  };
}
