// Signing out locks what the field app keeps on this device, before the session ends.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.action?.endsWith?.("/sign-out/") || form.dataset.locked) return;
  event.preventDefault();
  form.dataset.locked = "1";
  const late = new Promise((done) => { setTimeout(done, 1500); });
  try {
    await Promise.race([late, import("./field/seal.js").then((sealing) => sealing.lock())]);
  } finally {
    form.requestSubmit();
  }
});
