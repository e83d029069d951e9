// The documentation page: loads openapi.json, lists its operations by subject, shows the one that the address names.

import { element, inline, prose, sample } from "./elements.js";
import { lookup, schemaView, typeName } from "./schema_view.js";

const page = {
  main: document.getElementById("operation"),
  list: document.getElementById("operations"),
  search: document.getElementById("search"),
  found: document.getElementById("found"),
};
let root = null;
let operations = [];

function collect() {
  return Object.entries(root.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({
    path, method, ...operation,
    words: `${method} ${path} ${operation.summary} ${operation.operationId} ${operation["x-permission"]}`.toLowerCase(),
  })));
}

function drawList() {
  const terms = page.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = operations.filter((operation) => terms.every((term) => operation.words.includes(term)));
  page.found.textContent = `${shown.length} of ${operations.length} operations`;
  page.list.replaceChildren(...root.tags.map((tag) => {
    const members = shown.filter((operation) => operation.tags[0] === tag.name);
    if (!members.length) return "";
    return element("details", { open: true },
      element("summary", { title: tag.description }, `${tag.name} `, element("span", { class: "quiet" }, String(members.length))),
      element("ul", {}, members.map(listed)));
  }));
  markCurrent();
}

function listed(operation) {
  return element("li", {}, element("a", { href: `#${operation.operationId}`, title: operation.summary },
    element("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()),
    element("span", {}, operation.summary, element("br"), element("span", { class: "path quiet" }, operation.path.replace("/api/v2/", "/")))));
}

function markCurrent() {
  for (const link of page.list.querySelectorAll("a")) {
    if (link.getAttribute("href") === location.hash) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest" });
    } else link.removeAttribute("aria-current");
  }
}

function drawMain(focus) {
  const operation = operations.find((candidate) => `#${candidate.operationId}` === location.hash);
  const parts = operation ? operationView(operation) : overview();
  page.main.replaceChildren(...parts.flat(Infinity).filter(Boolean));
  document.title = operation ? `${operation.summary} · Workspace Ledger API` : "Workspace Ledger API";
  markCurrent();
  if (focus) {
    window.scrollTo({ top: 0 });
    page.main.focus({ preventScroll: true });
  }
}

function overview() {
  return [
    element("h2", {}, root.info.title),
    prose(root.info.description),
    element("h3", {}, "Signing in"),
    element("ul", {}, Object.values(root.components.securitySchemes).map((scheme) =>
      element("li", {}, element("code", {}, scheme.name ?? "Authorization: Bearer"), ` (${scheme.in ?? "header"}): `,
        ...inline(scheme.description)))),
    element("h3", {}, "Subjects"),
    element("ul", {}, root.tags.map((tag) => element("li", {}, element("strong", {}, tag.name), tag.description ? `: ${tag.description}` : ""))),
  ];
}

function operationView(operation) {
  const parameters = (operation.parameters ?? []).map(resolved);
  const content = Object.entries(operation.requestBody?.content ?? {});
  return [
    element("h2", {}, operation.summary),
    element("p", { class: "endpoint" },
      element("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), element("span", {}, operation.path)),
    element("ul", { class: "chips" },
      element("li", {}, `access: ${operation["x-access"]}`), operation.deprecated && element("li", {}, "deprecated"),
      element("li", {}, operation.operationId)),
    operation.description ? prose(operation.description) : [],
    element("h3", {}, "Try it"),
    sample(curl(operation, content), "curl command"),
    parameters.length ? [element("h3", {}, "Parameters"), parameterTable(parameters)] : [],
    content.length ? [element("h3", {}, "Request body"), content.map(([type, media]) => mediaView(type, media, "request"))] : [],
    element("h3", {}, "Responses"),
    Object.entries(operation.responses).map(([status, response]) => answerView(status, resolved(response))),
  ];
}

function resolved(node) {
  return node.$ref ? lookup(node.$ref, root) ?? {} : node;
}

function parameterTable(parameters) {
  const rows = parameters.map((parameter) => element("tr", {},
    element("td", {}, element("code", {}, parameter.name), parameter.required && element("div", { class: "needed" }, "required")),
    element("td", {}, parameter.in),
    element("td", {}, typeName(parameter.schema, root), parameter.schema.default !== undefined && ` = ${parameter.schema.default}`),
    element("td", {}, ...inline(parameter.description ?? ""))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Parameters" }, element("table", {},
    element("thead", {}, element("tr", {}, ["Name", "In", "Type", "Meaning"].map((word) => element("th", { scope: "col" }, word)))),
    element("tbody", {}, rows)));
}

function answerView(status, response) {
  const content = Object.entries(response.content ?? {});
  const headers = Object.entries(response.headers ?? {});
  const stream = response["x-stream"];
  return element("details", { class: "answer", open: status.startsWith("2") || status === "101" },
    element("summary", {}, element("span", { class: "status" }, status), ...inline(response.description)),
    element("div", {},
      content.map(([type, media]) => mediaView(type, media, `answer ${status}`)),
      stream && [element("h4", {}, "Each message holds"), schemaView(stream.message, root)],
      headers.length ? [element("h4", {}, "Headers"), element("ul", { class: "schema" }, headers.map(([name, header]) =>
        element("li", {}, element("code", {}, name), " ", element("span", { class: "quiet" }, ...inline(resolved(header).description)))))] : []));
}

function mediaView(type, media, label) {
  const stream = media["x-stream"];
  const example = exampleOf(media);
  return [
    element("h4", {}, element("code", {}, type), stream ? " · each message holds" : ""),
    stream ? schemaView(stream.message, root) : media.schema && schemaView(media.schema, root),
    example === undefined ? [] : element("details", {}, element("summary", {}, "Example"),
      sample(typeof example === "string" ? example : JSON.stringify(example, null, 2), `example of the ${label}`)),
  ];
}

function exampleOf(media) {
  const [first] = Object.values(media.examples ?? {});
  return first ? resolved(first).value : media.example;
}

function curl(operation, content) {
  const streams = Object.values(operation.responses).some((response) =>
    Object.values(response.content ?? {}).some((media) => media["x-stream"]));
  const lines = [`curl ${streams ? "-N " : ""}-X ${operation.method.toUpperCase()} '${location.origin}${operation.path}'`];
  if (operation.security.length) lines.push("-H \"Coder-Session-Token: $TOKEN\"");
  if (content.length) {
    const [type, media] = content[0];
    const body = exampleOf(media);
    lines.push(`-H 'Content-Type: ${type}'`);
    if (body === undefined || !type.includes("json")) lines.push("--data-binary @FILE");
    else lines.push(`-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n  ");
}

function switchTheme() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  applyTheme(isDark ? "light" : "dark");
  try { localStorage.setItem("theme", isDark ? "light" : "dark"); } catch { /* storage may be forbidden; the choice is then not kept */ }
}

function applyTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

async function start() {
  try { applyTheme(localStorage.getItem("theme")); } catch { /* see switchTheme */ }
  document.getElementById("theme").addEventListener("click", switchTheme);
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    root = await response.json();
  } catch (error) {
    page.main.replaceChildren(element("p", { class: "failure", role: "alert" }, `The document could not be loaded: ${error.message}.`));
    return;
  }
  operations = collect();
  document.getElementById("version").textContent = root.info.version;
  page.search.addEventListener("input", drawList);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== page.search) {
      event.preventDefault();
      page.search.focus();
    }
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment of the address names the operation
    page.main.focus();
  });
  window.addEventListener("hashchange", () => drawMain(true));
  drawList();
  drawMain(false);
}

start();
