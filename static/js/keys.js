// Keys: "/" to the search field, 1 2 3 answer the item that has the focus, else the one that is open (arrows are the
// radio group's own).
const typing = (node) => node.matches?.("input:not([type=radio]):not([type=checkbox]),textarea,select,[contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const fields = [...document.querySelectorAll("[data-key='/']")].filter((field) => field.offsetParent);
    const field = fields.find((one) => one.closest("main")) || fields[0];
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    return;
  }
  if ("123".includes(event.key)) {
    const item = event.target.closest?.(".item") || event.target.closest?.("[data-answers]") || document.querySelector("[data-visit] [data-opened]");
    const radio = item?.querySelectorAll("[data-answers] input[type=radio]")[Number(event.key) - 1];
    if (radio && !radio.disabled && !radio.checked) {
      event.preventDefault();
      radio.focus();
      radio.click();
    }
  }
});
