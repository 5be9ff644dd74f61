// Icons of one family: 24 x 24, drawn in strokes (class "icon"). They decorate: what they mean stands beside them.

import { svg } from "./dom.js";

const PATHS = {
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  clock: ["M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17", "M12 7.5V12l3 2"],
  cross: ["M6.5 6.5l11 11", "M17.5 6.5l-11 11"],
  leaf: ["M5 19c0-9 5-14 14-14c0 9-5 14-14 14", "M5 19l7-7"],
  dash: ["M6 12h12"],
  question: ["M9 9.5a3 3 0 1 1 4.3 2.7c-.9.4-1.3 1-1.3 2", "M12 17.6v.1"],
  warning: ["M12 4l9 15.5H3z", "M12 10v4.2", "M12 16.8v.1"],
  info: ["M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17", "M12 11v5.2", "M12 7.8v.1"],
  camera: [
    "M4 8h3l1.6-2.5h6.8L17 8h3a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1",
    "M12 10a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7",
  ],
  upload: ["M12 15.5V4.5", "M7.5 9L12 4.5L16.5 9", "M4.5 15.5v4h15v-4"],
  download: ["M12 4.5v11", "M7.5 11l4.5 4.5l4.5-4.5", "M4.5 15.5v4h15v-4"],
  person: ["M12 4a4 4 0 1 1 0 8a4 4 0 0 1 0-8", "M4.5 20c.8-4 3.7-5.5 7.5-5.5s6.7 1.5 7.5 5.5"],
  people: [
    "M9 5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7",
    "M2.5 19.5c.6-3.6 3-5 6.5-5s5.9 1.4 6.5 5",
    "M15.5 5.3a3.5 3.5 0 0 1 0 6.4",
    "M17.5 14.9c2.2.6 3.6 2 4 4.6",
  ],
  face: [
    "M4 8.5V5.5a1.5 1.5 0 0 1 1.5-1.5h3",
    "M15.5 4h3A1.5 1.5 0 0 1 20 5.5v3",
    "M20 15.5v3a1.5 1.5 0 0 1-1.5 1.5h-3",
    "M8.5 20h-3A1.5 1.5 0 0 1 4 18.5v-3",
    "M9 9.5v1",
    "M15 9.5v1",
    "M9 14.5c1.7 1.6 4.3 1.6 6 0",
  ],
  chart: ["M4 20h16", "M7 16.5v-5", "M12 16.5v-10", "M17 16.5v-7"],
  calendar: [
    "M5 6h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1",
    "M4 10.5h16",
    "M8 3.5V7",
    "M16 3.5V7",
  ],
  link: ["M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1", "M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"],
  copy: ["M9 9h10v11H9z", "M15 9V4.5H5v11h4"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  plus: ["M12 5v14", "M5 12h14"],
  search: ["M11 4.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13", "M16 16l4 4"],
  trash: ["M4.5 7h15", "M9.5 7V4.5h5V7", "M6.5 7l.8 12.5h9.4L17.5 7"],
  edit: ["M4.5 19.5l1-4L16 5l3 3L8.5 18.5z"],
  arrow: ["M5 12h14", "M13 6l6 6l-6 6"],
  print: ["M7 9V4h10v5", "M7 17H4V9h16v8h-3", "M7 14h10v6H7z"],
  shield: ["M12 3.5l7 2.5v5.5c0 4.3-2.9 7.3-7 9c-4.1-1.7-7-4.7-7-9V6z"],
};

/** The icon of this name; the names are the keys above. */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    (PATHS[name] ?? []).map((d) => svg("path", { d })),
  );
}
