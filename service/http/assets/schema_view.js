// Shows a JSON Schema as a tree that opens step by step: a reference is followed only when its node is opened.

import { element, inline } from "./elements.js";

/** A view of `schema`; `root` is the whole OpenAPI document, in which references are looked up. */
export function schemaView(schema, root) {
  const { shape } = follow(schema, root);
  const inner = children(shape, root);
  if (inner.length) return element("ul", { class: "schema" }, inner);
  return element("p", {}, element("code", {}, typeName(schema, root)), " ", ...limits(shape));
}

/** What a schema is, in a few words: `Workspace`, `list of uuid, or null`. */
export function typeName(schema, root) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  const options = schema.anyOf || schema.oneOf;
  if (options) {
    const names = options.filter((option) => option.type !== "null").map((option) => typeName(option, root));
    return names.join(" or ") + (names.length < options.length ? ", or null" : "");
  }
  const kinds = [].concat(schema.type ?? []);
  const kind = kinds.find((name) => name !== "null");
  const orNull = kinds.includes("null") && kind ? ", or null" : "";
  if (kind === "array") return `list of ${typeName(schema.items ?? {}, root)}${orNull}`;
  if (kind === "object" && schema.additionalProperties) return `map of ${typeName(schema.additionalProperties, root)}${orNull}`;
  if (schema.format && kind === "string") return schema.format + orNull;
  return (kind ?? "any") + orNull;
}

/** The document that a `$ref` points to. */
export function lookup(reference, root) {
  return reference.split("/").slice(1).reduce((node, key) => node?.[key], root);
}

function follow(schema, root) {
  if (schema.$ref) return { shape: lookup(schema.$ref, root) ?? {} };
  const options = schema.anyOf || schema.oneOf;
  if (!options) return { shape: schema };
  const real = options.filter((option) => option.type !== "null");
  return real.length === 1 ? follow(real[0], root) : { shape: schema };
}

function children(shape, root) {
  if (shape.properties) {
    const required = new Set(shape.required ?? []);
    return Object.entries(shape.properties).map(([name, part]) => row(name, part, root, required.has(name)));
  }
  const options = shape.anyOf || shape.oneOf;
  if (options) return options.map((option) => row("one of", option, root, true));
  if (shape.items) return contained("each", shape.items, root);
  if (typeof shape.additionalProperties === "object") return contained("each value", shape.additionalProperties, root);
  return [];
}

function contained(label, part, root) {
  const { shape } = follow(part, root);
  return shape.properties ? children(shape, root) : [row(label, part, root, true)];
}

function row(name, part, root, required) {
  const { shape } = follow(part, root);
  const label = [
    element("span", { class: "key" }, name),
    element("span", { class: "kind" }, typeName(part, root), required ? "" : " · may be absent"),
    " ",
    ...limits(shape),
  ];
  if (!opens(shape)) return element("li", {}, label);
  const details = element("details", {}, element("summary", {}, label));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(element("ul", {}, children(shape, root)));
  });
  return element("li", {}, details);
}

function opens(shape) {
  if (shape.properties || shape.anyOf || shape.oneOf) return true;
  const inner = shape.items ?? shape.additionalProperties;
  return Boolean(inner && typeof inner === "object" && (inner.$ref || inner.properties || inner.items));
}

function limits(shape) {
  const words = [];
  if (shape.description) words.push(...inline(shape.description), " ");
  const listed = (shape.enum ?? (shape.const === undefined ? [] : [shape.const])).filter((word) => word !== null);
  listed.slice(0, 24).forEach((word) => words.push(element("code", {}, JSON.stringify(word)), " "));
  if (listed.length > 24) words.push(`and ${listed.length - 24} more `);
  if (shape.minimum !== undefined) words.push(`at least ${shape.minimum} `);
  if (shape.maxLength !== undefined) words.push(`at most ${shape.maxLength} characters `);
  if (shape.default !== undefined) words.push("default ", element("code", {}, String(shape.default)), " ");
  return words.length ? [element("span", { class: "quiet" }, words)] : [];
}
