"use strict";
/* Triage by keyboard: single keys act where the page names them (data-key); they can be switched off (WCAG 2.1.4).
   Also counts how long a page of one alert is looked at. The pages work without it. */
(() => {
  const STORE = "accord-keys";
  const isOn = () => {
    try { return localStorage.getItem(STORE) !== "off"; } catch { return true; }
  };
  function show() {
    for (const button of document.querySelectorAll("[data-keys-toggle]")) {
      button.setAttribute("aria-pressed", String(isOn()));
      button.textContent = isOn() ? "Single keys are on" : "Single keys are off";
    }
    document.documentElement.toggleAttribute("data-keys-off", !isOn());
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-keys-toggle]")) return;
    try { localStorage.setItem(STORE, isOn() ? "off" : "on"); } catch { /* storage can be switched off */ }
    show();
  });
  show();

  /* A list: j and k move over its rows, x chooses. */
  const inList = () => document.querySelector("[data-triage-list]");
  const rows = () => [...document.querySelectorAll("#list-region tbody tr")];
  const linkOf = (row) => row.querySelector("th a");
  const rowHere = () => rows().findIndex((row) => row.contains(document.activeElement));
  function move(step) {
    const all = rows();
    if (!all.length) return;
    const here = rowHere();
    const to = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
    linkOf(all[to])?.focus();
  }
  function choose() {
    const box = rows()[rowHere()]?.querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  }
  /* The page of an alert knows from which list it was opened. */
  document.addEventListener("click", (event) => {
    const link = inList() && event.target.closest?.("#list-region tbody th a");
    if (!link || !location.search) return;
    const address = new URL(link.href);
    address.searchParams.set("queue", location.search.slice(1));
    link.href = address.href;
  }, true);

  document.addEventListener("keydown", (event) => {
    if (!isOn() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      document.getElementById("keys")?.focus();
      return;
    }
    if (inList()) {
      const act = { j: () => move(1), k: () => move(-1), x: choose }[event.key];
      if (act) { event.preventDefault(); act(); }
      return;
    }
    const found = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    if (!found || event.repeat) return;
    event.preventDefault();
    if (found.dataset.keyFocus) document.querySelector(found.dataset.keyFocus)?.focus();
    else found.click();
  });

  /* Seconds that the page is in sight and somebody is there: five minutes without a sign count no longer. */
  const bar = document.querySelector("[data-triage]");
  if (!bar?.dataset.minutes) return;
  const IDLE = 300;
  let seconds = 0;
  let sent = false;
  let last = Date.now();
  const alive = () => { last = Date.now(); };
  for (const kind of ["keydown", "pointermove", "pointerdown", "scroll"]) {
    document.addEventListener(kind, alive, { passive: true, capture: true });
  }
  setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - last < IDLE * 1000) seconds += 1;
  }, 1000);
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector?.("[data-spent]");
    if (!field) return;
    field.value = String(seconds);
    sent = true;
  }, true);
  window.addEventListener("pagehide", () => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (sent || seconds < 10 || !token) return;
    const told = new FormData();
    told.append("csrfmiddlewaretoken", token);
    told.append("spent", String(seconds));
    navigator.sendBeacon(bar.dataset.minutes, told);
    sent = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) { seconds = 0; sent = false; alive(); }
  });
})();
