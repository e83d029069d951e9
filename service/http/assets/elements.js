// Builds DOM nodes. Text is always set as text, so nothing in the document can become markup.

/** An element with attributes and children; strings become text, null and false are left out. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Paragraphs of a description: blank lines separate them, `code` and **strong** are understood, nothing else. */
export function prose(text) {
  return text.split(/\n\n+/).map((paragraph) => element("p", {}, ...inline(paragraph)));
}

/** The inline part of `prose`. */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    return part;
  });
}

/** A block of code with a button that copies it. */
export function sample(text, label) {
  const button = element("button", { type: "button", "aria-label": `Copy ${label}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy by hand";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return element("div", { class: "sample" }, element("pre", { tabindex: "0", "aria-label": label }, element("code", {}, text)), button);
}
