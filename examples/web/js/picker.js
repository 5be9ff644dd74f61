// Finds one person: a search field and the people it finds, as buttons.

import { all, get } from "./api.js";
import { h, newId, replace } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { problem } from "./parts.js";

const MOST = 8;

/**
 * `{ element, focus(), again() }`. `search(text)` gives people (`{ id, name, external_id }`); `onPick(person)` gets the one that
 * is chosen; `verb` names what the button does ("Add"); `isTaken(person)` says which can't be chosen and why.
 */
export function picker({ label, search, onPick, verb = "Choose", isTaken = () => null }) {
  const id = newId("pick");
  const input = h("input", {
    class: "input",
    type: "search",
    id,
    autocomplete: "off",
    placeholder: "Name or external id",
  });
  const said = h("p", { class: "field-hint", role: "status" });
  const list = h("ul", { class: "plain-list picks" });
  let asked = 0;
  let timer = 0;

  async function find() {
    asked += 1;
    const turn = asked;
    const text = input.value.trim();
    try {
      const found = await search(text);
      if (turn !== asked) return;
      replace(list, found.map(choice));
      const none = text ? `Nobody is called “${text}”.` : "Nobody is registered yet.";
      const some =
        found.length < MOST
          ? `${count(found.length, "person", "people")} found`
          : `The first ${MOST}: write more of the name to see others`;
      replace(said, found.length ? some : none);
    } catch (error) {
      if (turn === asked) replace(list, h("li", {}, problem(error)));
    }
  }

  function choice(person) {
    const taken = isTaken(person);
    const name = person.name ?? "Unnamed";
    return h(
      "li",
      {},
      h(
        "button",
        { class: "pick", type: "button", disabled: Boolean(taken), onclick: () => onPick(person) },
        h(
          "span",
          { class: "pick-name" },
          name,
          h("span", { class: "tiny muted" }, person.external_id ?? "no external id"),
        ),
        h("span", { class: "pick-verb" }, taken ?? verb, taken ? null : icon("arrow")),
      ),
    );
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 200);
  });
  input.addEventListener("keydown", (event) => {
    const only = list.querySelectorAll("button:enabled");
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Enter" && only.length === 1) only[0].click();
    if (event.key === "ArrowDown") only[0]?.focus();
  });
  find();
  return {
    element: h("div", { class: "field" }, h("label", { for: id }, label), input, said, list),
    focus: () => input.focus(),
    again: find,
  };
}

/** For an admin: asks the server, and goes on over short pages until enough are found. */
export async function searchAttendees(text) {
  const found = [];
  let after;
  for (let page = 0; page < 20 && found.length < MOST; page += 1) {
    const { items, next } = await get("attendees", { search: text, limit: 100, after });
    found.push(...items);
    after = next;
    if (!next) break;
  }
  return found.slice(0, MOST);
}

/** For an operator, who may not list attendees: reads the members of a group once, and searches in these. */
export function searchMembers(group = "everyone") {
  let members = null;
  return async (text) => {
    members ??= await all(`groups/${encodeURIComponent(group)}/members`);
    const wanted = text.toLowerCase();
    return members
      .filter((person) => `${person.name ?? ""}\n${person.external_id ?? ""}`.toLowerCase().includes(wanted))
      .slice(0, MOST);
  };
}
