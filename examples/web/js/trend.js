// The trend over a range, as the picture that the API draws.

import { blob } from "./api.js";
import { h, replace } from "./dom.js";
import { percent } from "./format.js";
import { button, problem } from "./parts.js";

const PERIODS = [
  ["day", "By day"],
  ["week", "By week"],
  ["month", "By month"],
];

/** `{ element, show(query, summary) }`; without a query it hides. */
export function trendOf() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  const place = h("div", { class: "trend-place" });
  const choices = PERIODS.map(([value, text]) => button(text, { kind: "quiet", onclick: () => choose(value) }));
  const element = h(
    "section",
    { class: "card stack", "aria-labelledby": "trend-title", hidden: true },
    h(
      "div",
      { class: "row row-between" },
      h("h2", { id: "trend-title" }, "Trend"),
      h("div", { class: "presets no-print", role: "group", "aria-label": "Periods of the trend" }, choices),
    ),
    place,
  );
  let by = null;
  let asked = null;
  let url = null;
  let turn = 0;
  for (const look of [dark, narrow]) look.addEventListener("change", draw);

  function choose(value) {
    by = value;
    draw();
  }

  async function draw() {
    if (!asked) return;
    turn += 1;
    const mine = turn;
    const period = by ?? (lengthOf(asked.query) > 62 ? "week" : "day");
    choices.forEach((choice, index) => choice.setAttribute("aria-pressed", String(PERIODS[index][0] === period)));
    try {
      const look = { theme: dark.matches ? "dark" : "light", size: narrow.matches ? "narrow" : "wide" };
      const picture = await blob("reports/trend.svg", { ...asked.query, by: period, ...look });
      if (mine !== turn) return;
      if (url) URL.revokeObjectURL(url);
      url = URL.createObjectURL(picture);
      replace(place, h("img", { class: "trend", src: url, alt: words(asked, period) }));
    } catch (error) {
      if (mine === turn) replace(place, problem(error));
    }
  }

  return {
    element,
    show(query, summary) {
      const nothing = !query || summary.present + summary.late + summary.absent + summary.excused === 0;
      element.hidden = nothing;
      asked = nothing ? null : { query, summary };
      return draw();
    },
  };
}

function words({ query, summary }, period) {
  return `Bars by ${period} from ${query.from} to ${query.to}. In all ${summary.present} present, ${summary.late} late, ${summary.absent} absent, ${summary.excused} excused; attendance ${percent(summary.attendance_rate)}.`;
}

function lengthOf({ from, to }) {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
