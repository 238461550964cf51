// Two minutes before the session ends: a question, whose answer keeps it alive. Each request of htmx does so, too.
const seconds = Number(document.body.dataset.session);
const dialog = document.getElementById("session-end");
let clock = 0;

function start() {
  clearTimeout(clock);
  if (seconds > 120 && dialog?.showModal) {
    clock = setTimeout(() => { if (!dialog.open) dialog.showModal(); }, (seconds - 120) * 1000);
  }
}

document.body.addEventListener("htmx:afterRequest", start);
dialog?.querySelector("[data-stay]").addEventListener("click", async (event) => {
  dialog.close();
  const answer = await fetch(event.target.dataset.stay, { credentials: "same-origin" }).catch(() => null);
  if (!answer || answer.redirected) location.reload();
  else start();
});
start();
