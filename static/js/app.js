// The staff pages' behaviour; each part works on data attributes, so that no page carries a script of its own.
import "./drawer.js";
import "./keys.js";
import "./dice.js";
import "./settings.js";
import "./session.js";
import "./lists.js";
import "./autosave.js";
import "./fields.js";
import "./lock.js";

// after a refused form the summary of errors is read first
document.querySelector("[data-focus]")?.focus();
// tabs in one line on a phone: the one that is open is seen
for (const tab of document.querySelectorAll(".seg.slide > [aria-current]"))
  tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;

for (const toast of document.querySelectorAll("[data-toast]")) {
  let clock = setTimeout(() => toast.remove(), 6000);
  const hold = () => clearTimeout(clock);
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("mouseleave", () => { clock = setTimeout(() => toast.remove(), 6000); });
}
