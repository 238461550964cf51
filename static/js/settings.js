// Theme and contrast change at once and are kept by the server; the language needs the page anew.
for (const form of document.querySelectorAll("[data-preferences]")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name === "language") return;
    event.preventDefault();
    document.documentElement.dataset[button.name] = button.value;
    for (const other of form.querySelectorAll(`[name=${button.name}]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const body = new FormData(form);
    body.append(button.name, button.value);
    fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
  });
}
