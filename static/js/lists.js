// Lists: the head box picks all rows, the bar at the bottom counts them.
// <form data-pick> with .pick boxes, a head box [data-pick-all], a bar [data-pick-bar] hidden, a count [data-pick-count].
const boxes = (form) => [...form.querySelectorAll("tbody .pick input[type=checkbox]")];

function count(form) {
  const all = boxes(form);
  const picked = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr").classList.toggle("sel", box.checked);
  const head = form.querySelector("[data-pick-all]");
  if (head) {
    head.checked = picked.length > 0 && picked.length === all.length;
    head.indeterminate = picked.length > 0 && picked.length < all.length;
  }
  const bar = form.querySelector("[data-pick-bar]");
  if (bar) bar.hidden = !picked.length;
  const number = form.querySelector("[data-pick-count]");
  if (number) number.textContent = picked.length;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-pick]");
  if (!form) return;
  if (event.target.matches("[data-pick-all]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-pick-all],.pick input")) count(form);
});
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-pick-none]")?.closest("form[data-pick]");
  if (form) {
    for (const box of boxes(form)) box.checked = false;
    count(form);
  }
});
for (const form of document.querySelectorAll("form[data-pick]")) count(form);
