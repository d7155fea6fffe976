"use strict";
/* Small behaviours of the components. Each is found by its data attribute; pages work without them. */
(() => {
  const on = (type, selector, handle) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element ? event.target.closest(selector) : null;
      if (found) handle(event, found);
    });

  /* Theme: as the system, light, dark. */
  const THEMES = ["system", "light", "dark"];
  const themeNow = () => document.documentElement.dataset.theme || "system";
  function showTheme() {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const now = themeNow();
      button.setAttribute("aria-label", `Colour theme: ${now === "system" ? "as the system" : now}`);
      button.title = button.getAttribute("aria-label");
    }
  }
  on("click", "[data-theme-toggle]", () => {
    const next = THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem("accord-theme", next); } catch { /* storage can be switched off */ }
    showTheme();
  });
  showTheme();

  /* Groups of the sidebar: what somebody folded or opened stays so; the group of the page that is open is never folded. */
  const groups = [...document.querySelectorAll("[data-nav-group]")];
  const keptGroups = () => {
    try { return JSON.parse(localStorage.getItem("accord-groups")) || {}; } catch { return {}; }
  };
  const kept = keptGroups();
  for (const group of groups) {
    if (group.dataset.navGroup in kept && !group.querySelector("[aria-current]")) group.open = kept[group.dataset.navGroup];
    group.querySelector("summary").addEventListener("click", () => {
      const now = { ...keptGroups(), [group.dataset.navGroup]: !group.open };
      try { localStorage.setItem("accord-groups", JSON.stringify(now)); } catch { /* storage can be switched off */ }
    });
  }
  document.querySelector(".sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });

  /* A form below a list that is refused keeps its choice: what was ticked and written is there again beside the reason. */
  const keptIn = (form) => `accord-form ${form.id}`;
  const told = (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type);
  on("submit", "form[data-keep]", (_, form) => {
    const held = [...form.elements].filter(told).map((field) => [field.name, field.value, field.checked === true]);
    try { sessionStorage.setItem(keptIn(form), JSON.stringify(held)); } catch { /* storage can be switched off */ }
  });
  for (const form of document.querySelectorAll("form[data-keep]")) {
    let held = [];
    try {
      held = JSON.parse(sessionStorage.getItem(keptIn(form))) || [];
      sessionStorage.removeItem(keptIn(form));
    } catch { /* storage can be switched off */ }
    if (!document.querySelector("#messages .message-error")) continue;
    for (const field of [...form.elements].filter(told)) {
      const ticks = ["checkbox", "radio"].includes(field.type);
      const found = held.find(([name, value]) => name === field.name && (!ticks || value === field.value));
      if (found && ticks) field.checked = found[2];
      else if (found) field.value = found[1];
    }
  }

  /* Messages, dialogs, questions before a dangerous step. */
  on("click", "[data-dismiss]", (_, button) => button.closest(".message")?.remove());
  on("click", "[data-dialog-open]", (_, button) => document.getElementById(button.dataset.dialogOpen)?.showModal());
  on("click", "[data-dialog-close]", (_, button) => button.closest("dialog")?.close());
  on("submit", "form[data-confirm]", (event, form) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.getElementById("confirm");
    dialog.querySelector("[data-confirm-text]").textContent = form.dataset.confirm;
    const agree = dialog.querySelector("[data-confirm-ok]");
    agree.textContent = form.dataset.confirmLabel || "Continue";
    agree.classList.toggle("button-danger", "confirmDanger" in form.dataset);
    agree.classList.toggle("button-primary", !("confirmDanger" in form.dataset));
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "ok") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter || undefined);
    }, { once: true });
    dialog.showModal();
  });
  document.querySelector("[data-focus]")?.focus();

  /* Filters: a choice asks at once, typing asks after a pause. */
  let typing = 0;
  const ask = (form) => form.dispatchEvent(new CustomEvent("filter", { bubbles: true }));
  on("input", "[data-list-filters] input[type=search]", (_, field) => {
    clearTimeout(typing);
    typing = setTimeout(() => ask(field.form), 300);
  });
  on("change", "[data-list-filters] select, [data-list-filters] input:not([type=search])", (_, field) => {
    const many = field.closest("[data-filter-many]");
    if (many) {
      const chosen = many.querySelectorAll("input:checked").length;
      let badge = many.querySelector(".filter-chosen");
      if (!badge) {
        badge = document.createElement("span");
        badge.className = "filter-chosen";
        many.querySelector("summary").append(" ", badge);
      }
      badge.textContent = chosen;
      badge.hidden = !chosen;
    }
    ask(field.form);
  });
  on("click", "[data-toggle-filters]", (_, button) => button.setAttribute("aria-expanded", button.getAttribute("aria-expanded") === "false"));
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-filter-many][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("[data-filter-many][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  /* htmx: addresses without empty parameters; what went wrong is said; error pages with fields are shown. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const [name, value] of [...event.detail.formData.entries()]) {
      if (value === "") event.detail.formData.delete(name);
    }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href).pathname.startsWith("/account/login")) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    if ([400, 409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  function say(text, tone) {
    const box = document.getElementById("messages");
    if (!box) return;
    const message = document.createElement("div");
    message.className = `message message-${tone}`;
    const line = document.createElement("p");
    line.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button-icon";
    button.dataset.dismiss = "";
    button.setAttribute("aria-label", "Dismiss");
    button.textContent = "×";
    message.append(line, button);
    box.append(message);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status === 403 ? "Your role does not allow this." : `The server answered with an error (${status}). Nothing was changed.`, "error");
  });
  document.addEventListener("htmx:sendError", () => say("The server could not be reached. Check the connection and try again.", "error"));
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.setAttribute("aria-busy", "false"));

  /* A list that was filtered says how many rows it shows now. */
  document.addEventListener("htmx:afterSettle", () => {
    const status = document.querySelector("[data-list-status]");
    const count = document.querySelector(".list-count");
    if (status && count) status.textContent = count.textContent.replace(/\s+/g, " ").trim();
  });

  /* References: the field's suggestions come from the server while one types. */
  let asking = 0;
  on("input", "input[data-options]", (_, field) => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      let list = field.list;
      if (!list) {
        list = document.createElement("datalist");
        list.id = `${field.id}-options`;
        field.after(list);
        field.setAttribute("list", list.id);
      }
      const answer = await fetch(`${field.dataset.options}?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { options } = await answer.json();
      list.replaceChildren(...options.map(({ key, label }) => {
        const option = document.createElement("option");
        option.value = key;
        option.textContent = label;
        return option;
      }));
    }, 150);
  });

  /* A form is sent once, however often its button is pressed. */
  on("submit", "form[data-form]", (event, form) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  /* Copy a value; choose all rows. */
  on("click", "[data-copy]", async (_, button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say("Copied.", "success");
    } catch {
      say("The browser does not allow copying here. Select the text and copy it by hand.", "warning");
    }
  });
  on("change", "[data-check-all]", (_, box) => {
    for (const other of box.closest("table").querySelectorAll("tbody input[type=checkbox]")) other.checked = box.checked;
  });
  on("click", "[data-print]", () => window.print());

  /* Tabs: links to sections of the page; arrow keys move between them. */
  on("keydown", "[role=tab]", (event, tab) => {
    const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (tabs.indexOf(tab) + step + tabs.length) % tabs.length : -1;
    if (to < 0) return;
    event.preventDefault();
    tabs[to].focus();
    tabs[to].click();
  });
  on("click", "[role=tab]", (_, tab) => {
    for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls"));
      if (panel) panel.hidden = !chosen;
    }
    document.dispatchEvent(new CustomEvent("accord:shown"));
  });
})();
