// What a reader with a keyboard, a screen reader or weak eyes would stumble over on this page, as lines of text:
// controls without a name, headings out of order, one id twice, text of too little contrast (WCAG 2.2, 1.4.3, by the
// colours that the browser computed), and a page that scrolls sideways (1.4.10).
() => {
  const faults = new Set();
  const tell = (kind, element, more = "") => {
    const name = element.tagName.toLowerCase() + (element.id ? `#${element.id}` : "")
      + (typeof element.className === "string" && element.className ? `.${element.className.trim().split(/\s+/).join(".")}` : "");
    faults.add(`${kind}: ${name} ${more}`.trim());
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && element.getBoundingClientRect().width > 0;
  const words = (element) => (element?.textContent ?? "").trim();

  const named = (control) => (control.getAttribute("aria-labelledby") ?? "").split(/\s+/).some((id) => words(document.getElementById(id)))
    || control.getAttribute("aria-label")?.trim() || [...(control.labels ?? [])].some(words)
    || (control.matches("input, select, textarea") ? control.matches("[type=submit], [type=button]") && control.value : words(control))
    || control.title.trim() || [...control.querySelectorAll("img")].some((image) => image.alt.trim());
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [tabindex='0']";
  for (const control of document.querySelectorAll(controls)) if (seen(control) && !named(control)) tell("no name", control);
  for (const image of document.querySelectorAll("img:not([alt])")) tell("no alternative", image);

  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (!heading.checkVisibility()) continue;
    const found = Number(heading.tagName[1]);
    if (found > level + 1) tell(`level ${level} is followed by`, heading, words(heading));
    level = found;
  }
  if (document.querySelectorAll("h1").length !== 1) faults.add(`${document.querySelectorAll("h1").length} headings of level 1`);
  if (!document.documentElement.lang) faults.add("the page names no language");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) faults.add(`twice on the page: #${id}`);

  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (!known.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(text, [red, green, blue, alpha / 255]);
    }
    return known.get(text);
  };
  const over = (front, back) => [0, 1, 2].map((at) => front[at] * front[3] + back[at] * (1 - front[3])).concat(1);
  const light = (shade) => {
    const [red, green, blue] = shade.slice(0, 3).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.backgroundImage !== "none") return null;
      layers.unshift(colour(style.backgroundColor));
    }
    return layers.reduce((back, front) => over(front, back), [255, 255, 255, 1]);
  };
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join(" ").trim();
    if (!text || !seen(element) || element.closest("svg, [aria-hidden=true], :disabled, option")) continue;
    const style = getComputedStyle(element);
    const back = ground(element);
    if (back === null) continue;
    let opacity = 1;
    for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    const own = colour(style.color);
    const [low, high] = [light(over([...own.slice(0, 3), own[3] * opacity], back)), light(back)].sort((one, other) => one - other);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) tell(`contrast ${ratio.toFixed(2)}`, element, text.slice(0, 40));
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.add(`${wide} pixels wider than the window`);
  return [...faults];
}
