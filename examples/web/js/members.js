// Who is in a group: an admin adds and removes, an operator reads.

import { get, send } from "./api.js";
import { h, replace } from "./dom.js";
import { groupName } from "./format.js";
import { badge, busy, button, dialog, empty, loading, problem, table, tableRow, toast } from "./parts.js";
import { picker, searchAttendees } from "./picker.js";

/** Shows the members in `place`. */
export async function showMembers(place, group, { can }) {
  const path = `groups/${encodeURIComponent(group.id)}/members`;
  const edits = can("admin") && group.id !== "everyone";
  const list = h("div", {}, loading());
  const fault = h("div", {});
  const adding = () => addSomebody(group, path, load);
  const add = edits ? button("Add somebody", { kind: "primary", icon: "plus", onclick: adding }) : null;
  const note =
    group.id === "everyone" ? "Everybody who is registered is in this group." : "Who is expected at its sessions.";
  replace(
    place,
    h(
      "div",
      { class: "row row-between head" },
      h("div", {}, h("h2", { id: "members-title" }, "Members"), h("p", { class: "small muted" }, note)),
      add,
    ),
    fault,
    list,
  );
  const columns = [
    {
      label: "Name",
      cell: (member) =>
        can("admin")
          ? h("a", { href: `people.html?id=${member.id}` }, member.name ?? "Unnamed")
          : (member.name ?? "Unnamed"),
    },
    { label: "External id", cell: (member) => member.external_id ?? h("span", { class: "muted" }, "–") },
    {
      label: "Face",
      cell: (member) =>
        member.enrolment === "active" ? badge("Enrolled", "ok", "check") : badge("No face", "calm", "dash"),
    },
    ...(edits ? [{ label: "Actions", class: "actions", cell: remover }] : []),
  ];

  async function load() {
    try {
      const { items, next } = await get(path, { limit: 200 });
      if (!items.length)
        return void replace(
          list,
          empty(
            "people",
            "Nobody is in this group yet",
            edits ? "Add the people who are expected at its sessions." : "An admin can add people.",
            edits ? button("Add somebody", { kind: "primary", icon: "plus", onclick: adding }) : null,
          ),
        );
      const shown = table({ caption: `Members of ${groupName(group.id, group.name)}`, columns, rows: items });
      let after = next;
      const more = button("Show more", {
        onclick: () =>
          busy(more, async () => {
            try {
              const page = await get(path, { limit: 200, after });
              shown.querySelector("tbody").append(...page.items.map((member) => tableRow(columns, member)));
              after = page.next;
              more.hidden = !after;
            } catch (error) {
              replace(fault, problem(error));
            }
          }),
      });
      more.hidden = !after;
      replace(list, shown, h("div", { class: "more" }, more));
    } catch (error) {
      replace(list, problem(error));
    }
    return undefined;
  }

  function remover(member) {
    const remove = button("Remove", {
      kind: "quiet",
      "aria-label": `Remove ${member.name ?? "this person"} from the group`,
      onclick: () =>
        busy(remove, async () => {
          try {
            await send("DELETE", `${path}/${member.id}`);
            replace(fault);
            toast(`${member.name ?? "They"} left the group. Their records stay.`);
            await load();
            add?.focus();
          } catch (error) {
            replace(fault, problem(error));
          }
        }),
    });
    return remove;
  }

  await load();
}

function addSomebody(group, path, onAdded) {
  const outcome = h("p", { class: "small", role: "status" });
  const fault = h("div", {});
  const here = new Set();
  const find = picker({
    label: "Who",
    verb: "Add",
    search: searchAttendees,
    isTaken: (person) => (here.has(person.id) || person.groups?.includes(group.id) ? "is in it" : null),
    async onPick(person) {
      try {
        await send("PUT", `${path}/${person.id}`);
        here.add(person.id);
        replace(fault);
        replace(outcome, `${person.name} is in the group now.`);
        find.again();
        find.focus();
        onAdded();
      } catch (error) {
        replace(fault, problem(error));
      }
    },
  });
  const asked = dialog({
    title: `Add to ${groupName(group.id, group.name)}`,
    body: [find.element, outcome, fault],
    actions: [button("Done", { onclick: () => asked.close() })],
  });
  find.focus();
}
