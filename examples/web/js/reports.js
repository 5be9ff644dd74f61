// Today, live, and reports over a range: figures, the trend, the records, the file.

import { all, download, get } from "./api.js";
import { h, replace } from "./dom.js";
import { addDays, count, groupName, longDate, method, percent, shortDate, time, today } from "./format.js";
import { listen } from "./live.js";
import { badge, busy, button, empty, field, loading, problem, statusBadge, table, tableRow, toast } from "./parts.js";
import { correct, showHistory } from "./record.js";
import { announce, open } from "./shell.js";
import { trendOf } from "./trend.js";

const PAGE = 100;
const { main } = await open({ page: "reports", title: "Reports", least: "operator" });
const groups = await all("groups").catch(() => []);
const asked = new URLSearchParams(location.search);
const state = {
  range: asked.get("range") ?? "today",
  group: asked.get("group") ?? "",
  from: asked.get("from") ?? addDays(today(), -6),
  to: asked.get("to") ?? today(),
};

const RANGES = [
  ["today", "Today"],
  ["week", "This week"],
  ["month", "This month"],
  ["custom", "Other days"],
];
const presets = RANGES.map(([value, text]) => button(text, { kind: "quiet", onclick: () => choose({ range: value }) }));
const from = field({ label: "From", type: "date", value: state.from, onchange: () => choose({ from: from.value }) });
const to = field({ label: "To", type: "date", value: state.to, onchange: () => choose({ to: to.value }) });
const group = field({
  label: "Group",
  kind: "select",
  options: [["", "All groups"], ...groups.map(({ id, name }) => [id, groupName(id, name)])],
  value: state.group,
  onchange: () => choose({ group: group.value }),
});
const days = h("div", { class: "range-days" }, from.element, to.element);
const title = h("p", { class: "lead" });
const feed = h("span", { class: "live-state", role: "status" });
const refresh = button("Refresh", { kind: "quiet", onclick: () => busy(refresh, load) });
const fault = h("div", {});
const figures = h("dl", { class: "figures" });
const trend = trendOf();
const list = h("section", { "aria-label": "Records" });
const save = button("Download CSV", { icon: "download", onclick: () => busy(save, saveFile) });

main.append(
  h(
    "div",
    { class: "page-head" },
    h("div", {}, h("h1", {}, "Today & reports"), title),
    h(
      "div",
      { class: "row no-print" },
      button("Print", { kind: "quiet", icon: "print", onclick: () => print() }),
      save,
    ),
  ),
  h(
    "div",
    { class: "range no-print" },
    h("div", { class: "presets", role: "group", "aria-label": "Range" }, presets),
    h("div", { class: "range-fields" }, days, group.element),
  ),
  h(
    "div",
    { class: "stack-wide" },
    figures,
    fault,
    trend.element,
    h(
      "div",
      { class: "stack" },
      h(
        "div",
        { class: "row row-between list-head" },
        h("h2", {}, "Records"),
        h("div", { class: "row no-print" }, feed, refresh),
      ),
      list,
    ),
  ),
);

const columns = [
  {
    label: "Name",
    cell: (row) =>
      h(
        "span",
        { class: "who" },
        row.name ?? "Erased",
        row.external_id ? h("span", { class: "tiny muted" }, row.external_id) : null,
      ),
  },
  {
    label: "When",
    cell: (row) =>
      h(
        "span",
        { class: "nowrap" },
        state.range === "today" ? time(row.at) : `${shortDate(row.date).replace(/,? \d{4}$/, "")}, ${time(row.at)}`,
      ),
  },
  {
    label: "Group",
    cell: (row) =>
      h("span", { class: "nowrap" }, groupName(row.group, groups.find(({ id }) => id === row.group)?.name)),
  },
  { label: "Status", cell: (row) => statusBadge(row.status) },
  { label: "How", cell: (row) => h("span", { class: "small" }, method(row.method)) },
  { label: "Actions", class: "actions", cell: actionsOf },
];
let rows = new Map();
let turn = 0;

await choose({});
follow();

function range() {
  const now = today();
  if (state.range === "week") {
    const weekday = (new Date(`${now}T12:00:00Z`).getUTCDay() + 6) % 7;
    return { from: addDays(now, -weekday), to: now };
  }
  if (state.range === "month") return { from: `${now.slice(0, 8)}01`, to: now };
  if (state.range === "custom") return { from: state.from, to: state.to };
  return { from: now, to: now };
}

async function choose(change) {
  Object.assign(state, change);
  presets.forEach((preset, index) => preset.setAttribute("aria-pressed", String(RANGES[index][0] === state.range)));
  days.hidden = state.range !== "custom";
  const kept = new URLSearchParams(
    Object.entries({
      range: state.range,
      group: state.group,
      ...(state.range === "custom" ? { from: state.from, to: state.to } : {}),
    }).filter(([, value]) => value),
  );
  history.replaceState(history.state, "", `?${kept}`);
  await load();
}

async function load() {
  turn += 1;
  const mine = turn;
  const query = { ...range(), group: state.group };
  from.error("");
  if (!query.from || !query.to) return;
  if (query.from > query.to) {
    from.error("This day comes after the last one.");
    return;
  }
  replace(title, query.from === query.to ? longDate(query.from) : `${shortDate(query.from)} – ${shortDate(query.to)}`);
  if (!list.children.length) replace(list, loading());
  try {
    const live = state.range === "today";
    const [summary, page] = await Promise.all([
      get("reports/summary", query),
      live ? all("reports", query, 2000).then((items) => ({ items })) : get("reports", { ...query, limit: PAGE }),
    ]);
    if (mine !== turn) return;
    replace(fault);
    drawFigures(summary);
    trend.show(query.from === query.to ? null : query, summary);
    drawRows(page, query);
  } catch (error) {
    if (mine !== turn) return;
    replace(fault, problem(error), h("p", {}, button("Try again", { onclick: load })));
    replace(list);
  }
}

function drawFigures(summary) {
  const figure = (name, value) => h("div", { class: "figure" }, h("dt", {}, name), h("dd", {}, value));
  replace(
    figures,
    figure("Attendance", percent(summary.attendance_rate)),
    figure("Present", summary.present),
    figure("Late", summary.late),
    figure("Absent", summary.absent),
    figure("Excused", summary.excused),
  );
}

function drawRows({ items, next }, query) {
  // Today reads like a feed, the latest first; a range reads like a book.
  const sorted = state.range === "today" ? [...items].sort((a, b) => b.at.localeCompare(a.at)) : items;
  rows = new Map();
  if (!sorted.length) return void replace(list, nothing());
  const shown = table({ caption: "Records of this range", columns, rows: [] });
  const body = shown.querySelector("tbody");
  const add = (row) => {
    const element = tableRow(columns, row);
    rows.set(keyOf(row), { row, element });
    body.append(element);
  };
  sorted.forEach(add);
  let after = next;
  const trouble = h("div", {});
  const more = button("Show more", {
    onclick: () =>
      busy(more, async () => {
        try {
          const page = await get("reports", { ...query, limit: PAGE, after });
          page.items.forEach(add);
          after = page.next;
          more.hidden = !after;
          announce(`${page.items.length} more records`);
        } catch (error) {
          replace(trouble, problem(error));
        }
      }),
  });
  more.hidden = !after;
  replace(list, shown, h("div", { class: "more" }, more), trouble);
}

function nothing() {
  if (state.range === "today") {
    return empty(
      "calendar",
      "Nobody has come yet today",
      "Records appear here as faces check in at a kiosk, or as somebody is marked at the roll call.",
      h(
        "div",
        { class: "row" },
        h("a", { class: "button", href: "kiosk.html" }, "Open a kiosk"),
        h("a", { class: "button", href: "groups.html" }, "Call the roll"),
      ),
    );
  }
  return empty("chart", "Nothing in this range", "Choose other days or another group.");
}

function actionsOf(row) {
  const fix = button("Correct", {
    kind: "quiet",
    "aria-label": `Correct ${row.name ?? "this record"}`,
    onclick: () =>
      correct({ ...row, record: row, onDone: corrected, onStands: (record) => put({ ...row, ...record }) }),
  });
  const past = button("History", {
    kind: "quiet",
    "aria-label": `History of ${row.name ?? "this record"}`,
    onclick: () => showHistory(row),
  });
  return row.name === null ? past : [past, fix];
}

function corrected(row) {
  toast("Corrected.");
  put(row);
  // The row was drawn anew: the focus goes back to where it was.
  rows.get(keyOf(row))?.element.querySelector("button:last-child")?.focus();
  get("reports/summary", { ...range(), group: state.group }).then(drawFigures, () => {});
}

function put(row) {
  const had = rows.get(keyOf(row));
  if (had && had.row.version > row.version) return;
  const element = tableRow(columns, row);
  if (had) had.element.replaceWith(element);
  else list.querySelector("tbody")?.prepend(element);
  rows.set(keyOf(row), { row, element });
}

function keyOf(row) {
  return `${row.session}/${row.attendee}`;
}

async function saveFile() {
  const query = range();
  try {
    await download(
      "reports",
      { ...query, group: state.group, format: "csv" },
      `attendance_${query.from}_${query.to}.csv`,
    );
    replace(fault);
  } catch (error) {
    replace(fault, problem(error));
  }
}

function follow() {
  const leave = new AbortController();
  addEventListener("pagehide", () => leave.abort());
  const fresh = new Set();
  let timer = 0;
  listen({
    signal: leave.signal,
    onState(now) {
      const [kind, icon, text] = { open: ["ok", "check", "Live"], waiting: ["warn", "clock", "Connecting…"] }[now] ?? [
        "calm",
        "dash",
        "Not live: refresh to see what is new",
      ];
      replace(feed, badge(text, kind, icon));
    },
    on(event, { data } = {}) {
      if (state.range !== "today") return;
      if (event === "missed") return void load();
      if (event !== "attendance.record.v1" || !data) return;
      fresh.add(data.attendee);
      clearTimeout(timer);
      timer = setTimeout(catchUp, 250);
    },
  });

  async function catchUp() {
    const who = [...fresh];
    fresh.clear();
    const before = rows.size;
    const query = { ...range(), group: state.group };
    try {
      if (who.length > 5 || !rows.size) await load();
      else {
        const pages = await Promise.all(who.map((attendee) => get("reports", { ...query, attendee })));
        pages.flatMap(({ items }) => items).forEach(put);
        drawFigures(await get("reports/summary", query));
      }
      if (rows.size > before) announce(count(rows.size - before, "new record"));
    } catch {
      // The next event, or the button, tries again.
    }
  }
}
