// The witness's entry: six big keys or the keyboard, one place after the other, backspace takes the last one back.
const COLUMNS = [10, 20, 30];
const FACES = { 1: [4], 2: [0, 8], 3: [0, 4, 8], 4: [0, 2, 6, 8], 5: [0, 2, 4, 6, 8], 6: [0, 2, 3, 5, 6, 8] };

function face(number) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "die");
  svg.setAttribute("viewBox", "0 0 40 40");
  for (const place of FACES[number]) {
    const dot = document.createElementNS(space, "circle");
    dot.setAttribute("cx", COLUMNS[place % 3]);
    dot.setAttribute("cy", COLUMNS[Math.floor(place / 3)]);
    dot.setAttribute("r", 3.8);
    svg.append(dot);
  }
  return svg;
}

for (const box of document.querySelectorAll("[data-dice]")) {
  const count = Number(box.dataset.dice);
  const field = box.querySelector("input");
  const ask = box.querySelector("[data-dice-ask]");
  const left = box.querySelector("[data-dice-left]");
  const places = box.querySelectorAll("[data-place]");
  const digits = () => field.value.replace(/[^1-6]/g, "").slice(0, count);

  const draw = () => {
    const thrown = digits();
    places.forEach((place, index) => {
      place.className = index < thrown.length ? "on" : index === thrown.length ? "next" : "";
      const spot = place.querySelector(".spot");
      spot.replaceChildren(...(thrown[index] ? [face(thrown[index])] : []));
    });
    const missing = count - thrown.length;
    ask.textContent = missing ? ask.dataset.words.replace("%n", thrown.length + 1) : ask.dataset.full;
    left.textContent = missing ? left.dataset.words.replace("%n", missing) : "";
    for (const key of box.querySelectorAll("[data-die]")) key.disabled = !missing;
    box.dispatchEvent(new CustomEvent("dice", { bubbles: true, detail: { missing } }));
    for (const button of document.querySelectorAll("[data-needs-dice]")) {
      button.disabled = missing > 0;
      button.textContent = missing ? button.dataset.needsDice.replace("%n", missing) : button.dataset.ready;
    }
  };
  const put = (digit) => { field.value = (digits() + digit).slice(0, count); draw(); };
  const back = () => { field.value = digits().slice(0, -1); draw(); };

  box.addEventListener("click", (event) => {
    const key = event.target.closest("[data-die]");
    if (key) put(key.dataset.die);
    if (event.target.closest("[data-die-back]")) back();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target === field || event.ctrlKey || event.metaKey || event.target.matches?.("input,textarea,select")) return;
    if ("123456".includes(event.key)) put(event.key);
    if (event.key === "Backspace") { event.preventDefault(); back(); }
  });
  field.addEventListener("input", draw);
  draw();
}
