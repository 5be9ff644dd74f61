// Where the faces are, drawn over the picture, each in the colour of its outcome.

import { replace, svg } from "./dom.js";
import { describe } from "./outcome.js";

/**
 * Draws the boxes of `faces` into the `drawing`, whose units are the picture's own pixels. `mirrored`: as the picture is
 * shown; `whole`: nothing of the picture is cut off.
 */
export function drawBoxes(drawing, faces, { width, height, mirrored, whole }) {
  const fit = whole ? "meet" : "slice";
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("preserveAspectRatio", `xMidYMid ${fit}`);
  const line = Math.max(width, height) / 220;
  replace(
    drawing,
    faces.map((face, index) => {
      const w = face.box.width * width;
      const tall = face.box.height * height;
      const x = (mirrored ? 1 - face.box.left - face.box.width : face.box.left) * width;
      const y = face.box.top * height;
      const place = { x, y, width: w, height: tall, rx: w / 8 };
      return [
        svg("rect", { ...place, class: "box box-under", "stroke-width": line * 2 }),
        svg("rect", { ...place, class: `box box-${describe(face).tone}`, "stroke-width": line }),
        faces.length > 1 ? number(index + 1, x + w / 2, y + tall, line * 4) : null,
      ];
    }),
  );
}

function number(value, x, y, radius) {
  return [
    svg("circle", { class: "box-tag", cx: x, cy: y, r: radius }),
    svg("text", { class: "box-number", x, y, "font-size": radius * 1.3 }, value),
  ];
}
