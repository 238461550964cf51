// Public pages: nothing but the focus on errors and the small menus.
document.querySelector("[data-focus]")?.focus();
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details[data-popper][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
