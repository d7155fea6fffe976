"use strict";
/* The command palette: Ctrl-K (or ⌘K, or /) opens it; arrows choose, Enter opens, Escape closes. */
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector(".palette-list");
  const status = dialog.querySelector("[data-palette-status]");
  const sprite = document.querySelector(".brand-mark use")?.getAttribute("href").split("#")[0] || "";
  let options = [];
  let at = -1;
  let wait = 0;
  let request = null;

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${name || "page"}`);
    svg.append(use);
    return svg;
  }

  function choose(index) {
    options[at]?.setAttribute("aria-selected", "false");
    at = options.length ? (index + options.length) % options.length : -1;
    const chosen = options[at];
    if (chosen) {
      chosen.setAttribute("aria-selected", "true");
      chosen.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", chosen.id);
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }

  function show(groups) {
    options = [];
    list.replaceChildren(...groups.map((group, index) => {
      const box = document.createElement("div");
      box.setAttribute("role", "group");
      const title = document.createElement("p");
      title.className = "palette-title";
      title.id = `palette-group-${index}`;
      title.textContent = group.label;
      box.setAttribute("aria-labelledby", title.id);
      box.append(title);
      for (const item of group.items) {
        const link = document.createElement("a");
        link.setAttribute("role", "option");
        link.setAttribute("aria-selected", "false");
        link.id = `palette-option-${options.length}`;
        link.href = item.href;
        link.tabIndex = -1;
        const label = document.createElement("span");
        label.textContent = item.label;
        const detail = document.createElement("span");
        detail.className = "palette-detail";
        detail.textContent = item.detail;
        link.append(icon(item.icon), label, detail);
        options.push(link);
        box.append(link);
      }
      return box;
    }));
    choose(0);
    const typed = field.value.trim();
    status.textContent = options.length ? `${options.length} ${options.length === 1 ? "result" : "results"}` : typed ? `Nothing found for “${typed}”. Try a key, a name or a page.` : "";
    status.classList.toggle("visually-hidden", options.length > 0);
  }

  async function ask() {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`${dialog.dataset.palette}?q=${encodeURIComponent(field.value)}`, { signal: request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      show((await answer.json()).groups);
    } catch (error) {
      if (error.name === "AbortError") return;
      show([]);
      status.textContent = "The search did not answer. Reload the page and try again.";
    }
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    ask();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-palette-open]")) open();
    else if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !writing)) {
      event.preventDefault();
      open();
    }
  });
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    const move = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      choose(move);
    } else if (event.key === "Enter" && options[at]) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(options[at].href, "_blank", "noopener");
      else options[at].click();
    }
  });
})();
