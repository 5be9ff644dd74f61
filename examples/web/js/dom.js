// A tiny element builder. Everything becomes text or an attribute, never markup: names are data.

/**
 * Makes an element: `h("button", { class: "button", type: "button", onclick: save }, "Save")`.
 *
 * A property that is a function listens (`onclick`), one that the element has as a boolean or value (`checked`, `value`)
 * is set, `dataset` takes an object, everything else is an attribute. `null`, `undefined` and `false` leave it out.
 * Children are nodes, text, numbers or arrays of them; nothing else is written.
 */
export function h(tag, properties = {}, ...children) {
  return build(document.createElement(tag), properties, children);
}

/** The same for SVG: `svg("svg", { viewBox: "0 0 24 24" }, svg("path", { d }))`. */
export function svg(tag, properties = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

/** Puts these children, and no others, into the node. */
export function replace(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

/** The one element of the page that has this id. */
export function byId(id) {
  return document.getElementById(id);
}

let made = 0;

/** A new id for `for`, `aria-labelledby` and the like. */
export function newId(prefix = "id") {
  made += 1;
  return `${prefix}-${made}`;
}

const AS_PROPERTY = new Set(["value", "checked", "selected", "disabled", "indeterminate", "muted", "srcObject"]);

function build(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (AS_PROPERTY.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true);
}
