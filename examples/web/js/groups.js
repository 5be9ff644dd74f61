// Groups: the list, and the way to one group (?group=...): its roll call and its members.

import { all, get } from "./api.js";
import { h, replace } from "./dom.js";
import { groupName } from "./format.js";
import { editGroup } from "./group-form.js";
import { showMembers } from "./members.js";
import { button, empty, loading, problem, toast } from "./parts.js";
import { showRollCall } from "./roll-call.js";
import { open } from "./shell.js";
import { timetableWords } from "./timetable.js";

const page = await open({ page: "groups", title: "Groups", least: "operator" });
const wanted = new URLSearchParams(location.search);

if (wanted.get("group")) await showGroup(page, wanted.get("group"), wanted.get("view"));
else await showList(page);

async function showList({ main, can, organization }) {
  const list = h("section", { "aria-label": "List of groups" }, loading());
  const made = (group) => location.assign(`groups.html?group=${encodeURIComponent(group.id)}&view=members`);
  const make = () => editGroup({ zone: organization.zone, onDone: made });
  main.append(
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", {}, "Groups"),
        h(
          "p",
          { class: "lead" },
          "Classes, departments, shifts: who is expected, and when. Choose one to call the roll.",
        ),
      ),
      can("admin") ? button("Make a group", { kind: "primary", icon: "plus", onclick: make }) : null,
    ),
    list,
  );
  try {
    const groups = await all("groups");
    const cards = groups.map((group) =>
      h(
        "a",
        { class: "card card-link", href: `groups.html?group=${encodeURIComponent(group.id)}` },
        h("h2", {}, groupName(group.id, group.name)),
        h(
          "p",
          { class: "tiny muted" },
          group.id === "everyone" ? "Everybody is in it; its session is the day." : group.id,
        ),
        h(
          "ul",
          { class: "plain-list small" },
          timetableWords(group).map((text) => h("li", {}, text)),
        ),
        h("p", { class: "tiny muted" }, group.zone),
      ),
    );
    const lonely = groups.length <= 1;
    replace(
      list,
      h("div", { class: "grid" }, cards),
      lonely
        ? empty(
            "people",
            "No group of your own yet",
            can("admin")
              ? "Everybody has the whole day until you make a group with its own times and its own roster."
              : "An admin can make groups with their own times and rosters.",
            can("admin") ? button("Make a group", { kind: "primary", icon: "plus", onclick: make }) : null,
          )
        : null,
    );
  } catch (error) {
    replace(list, problem(error), button("Try again", { onclick: () => location.reload() }));
  }
}

async function showGroup(shell, id, view) {
  const { main, can } = shell;
  const path = `groups/${encodeURIComponent(id)}`;
  main.append(h("p", { class: "back no-print" }, h("a", { href: "groups.html" }, "All groups")));
  const body = h("div", {}, loading());
  main.append(body);
  let group;
  try {
    group = await get(path);
  } catch (error) {
    replace(
      body,
      h("h1", { class: "visually-hidden" }, "Group"),
      error.status === 404
        ? empty(
            "people",
            "There is no such group",
            "It may have another id.",
            h("a", { class: "button", href: "groups.html" }, "See all groups"),
          )
        : problem(error),
    );
    return;
  }
  const title = h("h1", {});
  const words = h("p", { class: "lead" });
  const place = h("div", {});
  const draw = () => {
    document.title = `${groupName(group.id, group.name)} · Attendance`;
    replace(title, groupName(group.id, group.name));
    replace(words, `${timetableWords(group).join("; ")}. ${group.zone}`);
  };
  const edit = button("Change the group", {
    icon: "edit",
    onclick: () =>
      editGroup({
        group,
        onDone(changed) {
          group = changed;
          draw();
          toast("Saved. Sessions that have begun stay as they are.");
          show();
        },
      }),
  });
  const link = (name, text) =>
    h(
      "a",
      {
        href: `groups.html?group=${encodeURIComponent(id)}${name === "roll" ? "" : `&view=${name}`}`,
        "aria-current": (view ?? "roll") === name ? "page" : null,
      },
      text,
    );
  const show = () => (view === "members" ? showMembers(place, group, shell) : showRollCall(place, group, shell));
  replace(
    body,
    h("div", { class: "page-head" }, h("div", {}, title, words), can("admin") ? edit : null),
    h(
      "nav",
      { class: "views no-print", "aria-label": "This group" },
      link("roll", "Roll call"),
      link("members", "Members"),
    ),
    place,
  );
  draw();
  await show();
}
