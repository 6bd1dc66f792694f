// Live pages: figures change with each snapshot; regions are fetched anew from the page's own address, so that there is
// one way only in which a page is made. A region in which a person is typing or has opened something stays as it is.
const PAUSE_MS = 2500;
let last = 0;
let waiting = null;

export function follow() {
  const state = document.querySelector("[data-live-state]");
  const told = document.querySelector("[data-live-text]");
  const show = (on) => {
    state.hidden = false;
    state.classList.toggle("off", !on);
    told.textContent = on ? "live" : "reconnecting";
  };
  let events = null;
  const open = () => {
    events = new EventSource("/api/v1/events");
    events.addEventListener("open", () => show(true));
    events.addEventListener("error", () => show(false));
    events.addEventListener("snapshot", (event) => {
      figures(JSON.parse(event.data));
      later();
    });
  };
  open();
  // A page that is left but kept for "back" would keep its connection; a browser has six for one host, and the seventh
  // page would wait.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => event.persisted && open());
}

function figures(snapshot) {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const value = snapshot[place.dataset.figure];
    if (typeof value !== "number") continue;
    const text = value.toLocaleString("en-US").replace("-", "−");
    if (place.classList.contains("pill")) place.hidden = value === 0;
    if (place.textContent === text) continue;
    place.textContent = text;
    place.classList.remove("changed");
    void place.offsetWidth;
    place.classList.add("changed");
  }
}

function later() {
  if (waiting !== null || document.hidden) return;
  const pause = Math.max(0, last + PAUSE_MS - performance.now());
  waiting = setTimeout(async () => {
    waiting = null;
    last = performance.now();
    await regions().catch(() => {});
  }, pause);
}

async function regions() {
  const here = document.querySelectorAll("[data-region]");
  if (here.length === 0) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of here) {
    const next = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    const busy = region.contains(document.activeElement) || region.querySelector("details[open]");
    if (!next || busy || next.innerHTML === region.innerHTML) continue;
    region.className = next.className;
    region.innerHTML = next.innerHTML;
  }
}
