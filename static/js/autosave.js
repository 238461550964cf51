// The line in the footer of a field page: what htmx saved when, and what to do when it could not.
// <span data-saved role="status" data-busy="正在保存" data-done="已保存" data-lost="…">; forms carry data-autosave.
const line = document.querySelector("[data-saved]");

if (line) {
  // A field that is swapped is gone when its answer is told: the event comes to what stood around it.
  const ours = (event) => (event.detail?.requestConfig?.elt ?? event.target).closest?.("[data-autosave]");
  const say = (words, state) => { line.textContent = words; line.dataset.state = state; };
  document.body.addEventListener("htmx:beforeRequest", (event) => { if (ours(event)) say(line.dataset.busy, "busy"); });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!ours(event)) return;
    if (event.detail.successful) say(`${line.dataset.done} ${new Date().toTimeString().slice(0, 8)}`, "done");
    else say(line.dataset.lost, "lost");
  });
  const banner = document.querySelector("[data-offline]");
  const net = () => { if (banner) banner.hidden = navigator.onLine; };
  window.addEventListener("online", net);
  window.addEventListener("offline", net);
  net();
}
