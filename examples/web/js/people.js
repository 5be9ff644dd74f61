// People: the list with its search, and the way to one person (?id=...).

import { all, get, send } from "./api.js";
import { consentFields } from "./consent.js";
import { h, replace } from "./dom.js";
import { groupName } from "./format.js";
import { badge, busy, button, dialog, empty, field, loading, problem, table, tableRow } from "./parts.js";
import { groupWords, personFields, showFault } from "./person-form.js";
import { showPerson } from "./person.js";
import { announce, open } from "./shell.js";

const ENOUGH = 25;
const ENROLMENT = {
  none: ["calm", "dash", "No face"],
  pending: ["warn", "clock", "Pending"],
  active: ["ok", "check", "Enrolled"],
  removed: ["calm", "cross", "Removed"],
};

const page = await open({ page: "people", title: "People", least: "admin" });
const wanted = new URLSearchParams(location.search);

if (wanted.get("id")) await showPerson(page, wanted.get("id"));
else await showList(page);

async function showList({ main, organization }) {
  const groups = await all("groups").catch(() => []);
  const search = field({
    label: "Search",
    type: "search",
    placeholder: "Name or external id",
    value: wanted.get("search") ?? "",
    autocomplete: "off",
  });
  const group = field({
    label: "Group",
    kind: "select",
    options: [
      ["", "All groups"],
      ...groups.filter(({ id }) => id !== "everyone").map(({ id, name }) => [id, groupName(id, name)]),
    ],
    value: wanted.get("group") ?? "",
  });
  const list = h("section", { "aria-label": "List of people" });
  const register = () => registerSomebody(groups, organization);
  main.append(
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", {}, "People"),
        h("p", { class: "lead" }, "Who attends, what they agreed to, and whose face is known."),
      ),
      button("Register somebody", { kind: "primary", icon: "plus", onclick: register }),
    ),
    h(
      "form",
      { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
      search.element,
      group.element,
    ),
    list,
  );

  const columns = [
    { label: "Name", cell: (person) => h("a", { href: `people.html?id=${person.id}` }, person.name ?? "Unnamed") },
    { label: "External id", cell: (person) => person.external_id ?? h("span", { class: "muted" }, "–") },
    { label: "Groups", cell: (person) => groupWords(person.groups, groups) || h("span", { class: "muted" }, "–") },
    { label: "Face", cell: (person) => enrolmentBadge(person.enrolment) },
    {
      label: "Consent",
      cell: (person) => (person.consent ? badge("On record", "ok", "check") : badge("Missing", "warn", "warning")),
    },
  ];
  let asked = 0;
  let timer = 0;

  async function load() {
    asked += 1;
    const turn = asked;
    const query = { search: search.value, group: group.value };
    remember(query);
    replace(list, loading());
    try {
      const first = await enough(query);
      if (turn !== asked) return;
      announce(first.items.length ? `${first.items.length}${first.next ? " or more" : ""} people` : "Nobody found");
      if (!first.items.length) return void replace(list, nobody(query));
      show(first, query);
    } catch (error) {
      if (turn === asked) replace(list, problem(error), button("Try again", { onclick: load }));
    }
  }

  function show({ items, next }, query) {
    const shown = table({ caption: "People", columns, rows: items });
    let after = next;
    const outcome = h("div", {});
    const more = button("Show more", {
      onclick: () =>
        busy(more, async () => {
          try {
            const page = await enough(query, after);
            shown.querySelector("tbody").append(...page.items.map((person) => tableRow(columns, person)));
            announce(`${page.items.length} more people`);
            after = page.next;
            more.hidden = !after;
            replace(outcome);
          } catch (error) {
            replace(outcome, problem(error));
          }
        }),
    });
    more.hidden = !after;
    replace(list, shown, h("div", { class: "more" }, more), outcome);
  }

  function nobody(query) {
    if (!query.search && !query.group) {
      return empty(
        "people",
        "Nobody is registered yet",
        "Register the first person, record what they agreed to, and enrol their face. From then on they check in by looking into the camera.",
        button("Register somebody", { kind: "primary", icon: "plus", onclick: register }),
      );
    }
    const clear = () => {
      search.input.value = "";
      group.input.value = "";
      load();
      search.input.focus();
    };
    return empty(
      "search",
      "Nobody found",
      "Nobody fits this search and this group.",
      button("Show everybody", { onclick: clear }),
    );
  }

  search.input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, 250);
  });
  group.input.addEventListener("change", load);
  await load();
}

// A search may answer short pages: goes on until there is something to look at.
async function enough(query, after) {
  const items = [];
  let next = after;
  do {
    const page = await get("attendees", { ...query, limit: query.search ? 100 : ENOUGH, after: next });
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < ENOUGH);
  return { items, next };
}

function remember(query) {
  const kept = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  history.replaceState(history.state, "", `${location.pathname}${kept.size ? `?${kept}` : ""}`);
}

function enrolmentBadge(enrolment) {
  const [kind, icon, text] = ENROLMENT[enrolment] ?? ENROLMENT.none;
  return badge(text, kind, icon);
}

function registerSomebody(groups, organization) {
  const fields = personFields(groups);
  const consent = consentFields({
    hint:
      organization.policy?.consent_required === false
        ? "Your policy asks for none; it can be recorded all the same."
        : "The words that the person reads and agrees to. Without a consent no face is enrolled; it can be recorded later too.",
  });
  const outcome = h("div", { "aria-live": "polite" });
  const save = button("Register", {
    kind: "primary",
    onclick: () =>
      busy(save, async () => {
        replace(outcome);
        const values = fields.values();
        if (!values) return;
        const wording = consent.wording();
        if (consent.ticked && !wording) return void consent.fault("Write down what they agreed to.");
        try {
          const filled = Object.fromEntries(
            Object.entries({ ...values, consent: wording }).filter(([, value]) => value !== null),
          );
          const person = await send("POST", "attendees", filled);
          location.assign(`people.html?id=${person.id}`);
        } catch (error) {
          showFault(fields, outcome, error, problem(error));
        }
      }),
  });
  const asked = dialog({
    title: "Register somebody",
    wide: true,
    body: [fields.element, h("hr", {}), h("h3", {}, "Consent"), consent.element, outcome],
    actions: [button("Cancel", { onclick: () => asked.close() }), save],
  });
  fields.focus();
}
