// Elements made one by one, never from strings of markup; and the pictures drawn with them.

const SVG = "http://www.w3.org/2000/svg";

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child != null));
  return element;
};

export const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

const LINES = {
  face: "M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M9 9.5v1M15 9.5v1M12 9.5v3h-.8M9 15.2c1.7 1.5 4.3 1.5 6 0",
  camera: "M4 8.5A1.5 1.5 0 0 1 5.5 7H8l1.5-2.5h5L16 7h2.5A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5zM15.5 12.7a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0z",
  check: "M5 12.5 10 17.5 19.5 7",
  alert: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 7.5v5.5M12 16.3h.01",
  clock: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 7v5.3l3.5 2",
  signpost: "M12 2.5V6M12 13v8.5M8.5 21.5h7M5 6h11.5l3 3.5-3 3.5H5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  speaker: "M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  mute: "M4 9.5h3.5L12 5.5v13l-4.5-4H4zM16 9.5l5 5M21 9.5l-5 5",
};

export const icon = (name) =>
  draw("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: LINES[name] }));

const ARROWS = {
  turn_left: "M16 39 8 46 16 53M8 46H21",
  turn_right: "M80 39 88 46 80 53M88 46H75",
  nod: "M76 44 82 52 88 44M82 52V34",
};

/** Draw a head that makes the movement *kind*, as seen in a mirror; the style sheet moves it. */
export const head = (kind) =>
  draw(
    "svg",
    { class: `head head-${kind}`, viewBox: "0 0 96 96", "aria-hidden": "true" },
    draw("path", { class: "shoulders", d: "M14 94c3-13 15-18 34-18s31 5 34 18" }),
    draw("ellipse", { class: "skull", cx: 48, cy: 44, rx: 21, ry: 28 }),
    draw(
      "g",
      { class: "features" },
      draw("g", { class: "eyes" }, draw("ellipse", { cx: 40, cy: 41, rx: 3, ry: 3.6 }), draw("ellipse", { cx: 56, cy: 41, rx: 3, ry: 3.6 })),
      draw("path", { d: "M35.5 33.5c2.5-2 6-2 8.5 0M52 33.5c2.5-2 6-2 8.5 0M48 42v8.5h-2.5" }),
      draw("ellipse", { class: "mouth", cx: 48, cy: 60, rx: 8, ry: 1.2 }),
    ),
    ARROWS[kind] ? draw("path", { class: "arrow", d: ARROWS[kind] }) : null,
  );

/** Draw the oval over a picture of *width* by *height*: what is outside of it steps back. */
export const guide = (width, height) => {
  const ry = height * (width > height ? 0.4 : 0.34);
  const oval = { cx: width / 2, cy: height * 0.48, rx: ry * 0.76, ry };
  const hole = `M${oval.cx - oval.rx} ${oval.cy}a${oval.rx} ${ry} 0 1 0 ${2 * oval.rx} 0a${oval.rx} ${ry} 0 1 0 ${-2 * oval.rx} 0z`;
  return draw(
    "svg",
    { class: "guide", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    draw("path", { class: "shade", "fill-rule": "evenodd", d: `M0 0h${width}v${height}H0z${hole}` }),
    draw("path", { class: "oval", d: hole }),
    draw("path", { class: "sweep", d: hole, pathLength: 100 }),
  );
};
