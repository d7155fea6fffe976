"use strict";
/* Charts: Vega-Lite specs in the page, drawn as SVG without eval and without injected styles. */
(() => {
  const views = new Map();
  const NARROW = 420;
  let tip = null;

  /* Colours stay variables of the page, so that a drawn chart follows the theme and the printer; only the font,
     in which texts are measured, must be known. */
  function themed(value) {
    if (value === "token:font") return getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
    if (typeof value === "string") return value.startsWith("token:") ? `var(--${value.slice(6)})` : value;
    if (Array.isArray(value)) return value.map(themed);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, themed(one)]));
    return value;
  }

  /* What a narrow screen lays over the spec: objects are merged, everything else is replaced. */
  function merge(target, patch) {
    for (const [name, value] of Object.entries(patch || {})) {
      if (value && typeof value === "object" && !Array.isArray(value) && target[name] && typeof target[name] === "object") merge(target[name], value);
      else target[name] = value;
    }
  }

  function hideTip() { if (tip) tip.hidden = true; }
  function showTip(_, event, item, value) {
    if (!value || typeof value !== "object") { hideTip(); return; }
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "chart-tip";
      tip.setAttribute("role", "presentation");
      document.body.append(tip);
    }
    const list = document.createElement("dl");
    for (const [name, text] of Object.entries(value)) {
      const term = document.createElement("dt");
      const figure = document.createElement("dd");
      term.textContent = name;
      figure.textContent = text;
      list.append(term, figure);
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    const top = event.clientY + 14 + box.height > window.innerHeight ? event.clientY - box.height - 10 : event.clientY + 14;
    tip.style.translate = `${Math.max(8, left)}px ${Math.max(8, top)}px`;
  }

  async function draw(figure) {
    const source = document.getElementById(figure.dataset.chart);
    const canvas = figure.querySelector(".chart-canvas");
    if (!source || !canvas || !canvas.clientWidth) return;
    try {
      const spec = themed(JSON.parse(source.textContent));
      if (canvas.clientWidth < NARROW) merge(spec, spec.usermeta?.narrow);
      delete spec.usermeta;
      const made = await window.vegaEmbed(canvas, spec, {
        mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false, tooltip: showTip, logLevel: 1,
      });
      views.get(figure)?.finalize();
      views.set(figure, made);
      figure.dataset.drawn = "yes";
    } catch (error) {
      canvas.textContent = "The chart could not be drawn; its figures are below.";
      canvas.classList.add("chart-failed");
      figure.querySelector("details")?.setAttribute("open", "");
      console.error(error);
    }
  }

  const drawAll = (root) => { for (const figure of (root || document).querySelectorAll("figure[data-chart]")) draw(figure); };
  const redraw = () => drawAll();
  function start() {
    drawAll();
    document.addEventListener("accord:shown", redraw);
    document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
    window.addEventListener("scroll", hideTip, { passive: true });
    let wait = 0;
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      clearTimeout(wait);
      wait = setTimeout(redraw, 150);
    });
  }
  if (window.vegaEmbed) start();
  else console.error("The chart library is missing.");
})();
