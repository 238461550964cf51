// The logging page of a visit: one item open, saved as it is typed, kept on the page and sent again when the
// connection was lost. Forms carry data-keep; htmx sends them, `again` makes it send them once more.
const list = document.querySelector("[data-visit]");

if (list) {
  const banner = document.querySelector("[data-visit-offline]");
  const state = document.querySelector("[data-visit-state]");
  const next = document.querySelector("[data-visit-next]");
  const words = next.firstChild.textContent;
  const saved = () => document.getElementById("saved-at");
  const items = () => [...list.querySelectorAll("[data-item]")];
  const open = (section) => {
    for (const one of items()) {
      const here = one === section;
      one.querySelector("[data-line]").hidden = here;
      one.querySelector("[data-body]").hidden = !here;
      one.toggleAttribute("data-opened", here);
    }
  };
  const go = (section) => {
    open(section);
    section.scrollIntoView({ block: "start" });
    (section.querySelector("input[type=radio]:checked") || section.querySelector("input[type=radio]"))?.focus({ preventScroll: true });
  };

  // What belongs to an answer shows with that answer only.
  const show = (section) => {
    const picked = section.querySelector("[data-answer] input[type=radio]:checked")?.value || "";
    const value = picked === "none" ? "unseen" : picked;
    section.dataset.value = value;
    section.querySelector("[data-body]").classList.toggle("neg", value === "bad");
    for (const part of section.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(value);
  };

  list.addEventListener("click", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) {
      event.preventDefault();
      go(line.closest("[data-item]"));
      return;
    }
    const mine = event.target.closest("[data-mine]");
    if (mine) {
      const section = mine.closest("[data-item]");
      section.querySelector("[name=version]").value = mine.dataset.mine;
      send(section.querySelector("[data-answer]"));
    }
  });
  list.addEventListener("change", (event) => {
    const section = event.target.closest("[data-item]");
    if (section && event.target.matches("[data-answer] input[type=radio]")) {
      show(section);
      const note = section.querySelector("textarea");
      if (section.dataset.value !== "ok" && !note.value) note.focus();
    }
  });

  next.addEventListener("click", () => {
    const all = items();
    const at = all.findIndex((one) => one.hasAttribute("data-opened"));
    const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    const found = order.find((one) => one.dataset.complete !== "1");
    if (found) go(found);
  });
  const left = () => {
    const none = items().every((one) => one.dataset.complete === "1");
    next.firstChild.textContent = none ? next.dataset.none : words;
    next.disabled = none;
  };

  // --- what has not reached the server yet ---
  const waiting = new Map(); // form -> number of the last change
  let change = 0;
  const send = (form) => { if (form.isConnected) window.htmx.trigger(form, "again"); };
  const say = () => {
    for (const form of waiting.keys()) if (!form.isConnected) waiting.delete(form);
    const lost = [...waiting.keys()].filter((form) => form.dataset.lost);
    banner.hidden = navigator.onLine && !lost.length;
    state.hidden = !waiting.size;
    saved().hidden = waiting.size > 0;
    state.textContent = lost.length ? state.dataset.waiting.replace("N", waiting.size) : state.dataset.busy;
  };
  const touch = (event) => {
    const form = event.target.closest("[data-keep]");
    if (!form) return;
    waiting.set(form, ++change);
    say();
  };
  list.addEventListener("input", touch, true);
  list.addEventListener("change", touch, true);
  list.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("[data-keep]");
    if (form) form.dataset.sent = waiting.get(form) || 0;
  });
  list.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if ([403, 409, 422].includes(status)) { // the server's sentence belongs on the page
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt?.closest?.("[data-keep]");
    if (!form) { // the form of the photographs was replaced by its own answer
      say();
      return;
    }
    const status = event.detail.xhr?.status || 0;
    if (status >= 200 && status < 300) {
      delete form.dataset.lost;
      if (Number(form.dataset.sent) >= (waiting.get(form) || 0)) waiting.delete(form);
      const section = form.closest("[data-item]");
      if (section && form.matches("[data-answer]")) section.dataset.complete = saved().dataset.complete || "0";
    } else if (status === 0 || status >= 500) {
      waiting.set(form, waiting.get(form) || ++change);
      form.dataset.lost = "1";
    }
    left();
    say();
  });
  const again = () => { for (const form of waiting.keys()) if (form.dataset.lost) send(form); };
  setInterval(again, 5000);
  window.addEventListener("online", again);
  window.addEventListener("online", say);
  window.addEventListener("offline", say);
  window.addEventListener("beforeunload", (event) => { if (waiting.size) event.preventDefault(); });
  say();
  left();
  const first = list.querySelector("[data-opened]");
  if (first && first !== items()[0] && !location.hash) first.scrollIntoView({ block: "start" });
}
