// A row's details in a <dialog> with an address of its own: <a data-drawer href="?row=7">.
// The server answers htmx with components/drawer.html, everybody else with the whole page and the drawer open.
const drawer = document.getElementById("drawer");
let opener = null;
let pushed = false;

function show() {
  const title = drawer.querySelector("#drawer-title");
  if (title) {
    drawer.removeAttribute("aria-label");
    drawer.setAttribute("aria-labelledby", "drawer-title");
  }
  drawer.removeAttribute("open");
  drawer.showModal();
  title?.focus();
}

function shut() {
  drawer.close();
  drawer.replaceChildren();
  const back = opener?.isConnected ? opener : document.getElementById("main");
  opener = null;
  back?.focus();
}

// closing goes back when the drawer was opened here, else to the address without it
function leave() {
  if (pushed) {
    history.back();
  } else {
    const close = drawer.querySelector("[data-close]");
    history.replaceState(null, "", close ? close.href : location.pathname);
    shut();
  }
}

async function open(link) {
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true", "HX-Target": "drawer" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    drawer.innerHTML = await answer.text();
  } catch {
    location.assign(link.href);
    return;
  } finally {
    link.removeAttribute("aria-busy");
  }
  window.htmx?.process(drawer);
  opener = link;
  pushed = true;
  history.pushState({ drawer: true }, "", link.href);
  show();
}

if (drawer && drawer.showModal) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-drawer]");
    const narrow = matchMedia("(max-width: 640px)").matches; // on the phone it is a page
    if (link && !narrow && !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      open(link);
    } else if (drawer.open && (event.target === drawer || event.target.closest("#drawer [data-close]"))) {
      event.preventDefault();
      leave();
    }
  });
  drawer.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  window.addEventListener("popstate", () => {
    if (drawer.open) {
      pushed = false;
      shut();
    } else if (history.state?.drawer) {
      location.reload();
    }
  });
  if (drawer.hasAttribute("data-open")) show();
}

// dialogs: <button data-dialog="void-3"> opens <dialog id="void-3">, [data-close] leaves it
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dialog]");
  if (button) {
    event.preventDefault();
    document.getElementById(button.dataset.dialog)?.showModal();
  }
  if (event.target.closest("dialog.dlg [data-close]")) event.target.closest("dialog").close();
});

// small menus that are <details>: Esc or a click elsewhere closes them, focus returns
document.addEventListener("keydown", (event) => {
  const open_ = event.key === "Escape" && document.querySelector("details[data-popper][open]");
  if (open_) {
    open_.open = false;
    open_.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const popper of document.querySelectorAll("details[data-popper][open]")) {
    if (!popper.contains(event.target)) popper.open = false;
  }
});
