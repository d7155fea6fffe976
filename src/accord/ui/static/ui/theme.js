"use strict";
/* Runs before the first paint: the theme that the person chose, if it is not the system's. */
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("accord-theme"); } catch { /* storage can be switched off */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  document.documentElement.classList.add("scripted");
})();
