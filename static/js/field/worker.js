// The service worker: the app opens without a network from what it kept. EDITION, PAGE and KEEP are written before this
// by the server; another edition is another file to the browser, which then fetches everything anew.
/* global EDITION, PAGE, KEEP */
const CACHE = `shanyu-field ${PAGE} ${EDITION}`;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all(KEEP.map(async (address) => {
      const answer = await fetch(address, { cache: "reload", credentials: "same-origin" });
      // a page of sign-in must not take the app's place
      if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`);
      await cache.put(address, answer);
    }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith(`shanyu-field ${PAGE} `) && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== self.location.origin || !KEEP.includes(pathname)) return;
  event.respondWith((async () => (await (await caches.open(CACHE)).match(pathname)) || fetch(event.request))());
});
