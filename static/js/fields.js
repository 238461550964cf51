// A field that is saved by itself shows the answer also when it is refused: [data-swap-refused] takes 409 and 422.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.matches?.("[data-swap-refused]") && [409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
  }
});
