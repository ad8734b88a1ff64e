// Draws horizontal bars, and lines over time, as SVG files that are readable on light and dark
// pages.

const WIDTH = 860;
const LEFT = 230;
const RIGHT = 90;
const BAR = 14;
const GAP = 4;
const GROUP_GAP = 18;
const TOP = 56;

/**
 * Perigee in one hue, all others in greys and cool tones that colour-blind eyes can tell apart.
 * Names are beside the bars anyway.
 * @type {Readonly<Record<string, readonly [label: string, colour: string]>>}
 */
const SIDES = {
  main: ['raw on main', 'a'],
  worker: ['worker', 'b'],
  comlink: ['Comlink', 'b'],
  proxy: ['ORT proxy', 'b'],
  tfjs: ['TensorFlow.js', 'c'],
  transformers: ['transformers.js', 'c'],
  perigee: ['perigee', 'p'],
  'perigee:many': ['perigee, predictMany', 'p'],
  registered: ['perigee, by name', 'p'],
  instant: ['perigee, instant', 'p'],
  psi: ['PSI > 0.2', 'a'],
  ks: ['KS p < 0.05', 'b'],
  chunks: ['mean ± 3 sd', 'c'],
  ours: ['perigee', 'p'],
};
const STYLE =
  '\ntext{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}' +
  '.group{font-weight:600}.value{font-variant-numeric:tabular-nums;fill:#59636e}' +
  '\n.a{fill:#8c959f}.b{fill:#6e7781}.c{fill:#7aa2c9}.p{fill:#b35900}' +
  '.line{stroke:#59636e;stroke-dasharray:3 3}.axis{stroke:#d0d7de}' +
  '.path{fill:none;stroke-width:2}.path.p{stroke:#b35900;fill:none}' +
  '.path.b{stroke:#6e7781;fill:none}' +
  '\n@media (prefers-color-scheme:dark){text{fill:#e6edf3}.value{fill:#9198a1}' +
  '.a{fill:#6e7681}.b{fill:#9198a1}.c{fill:#4d7fb0}.p{fill:#f0883e}' +
  '.line{stroke:#9198a1}.axis{stroke:#3d444d}' +
  '.path.p{stroke:#f0883e;fill:none}.path.b{stroke:#9198a1;fill:none}}';

/**
 * @param {Omit<import('./types.d.ts').BarChart, 'file'>} plot
 * @returns {string} SVG
 */
export function barChart({ title, unit, reference, groups }) {
  const order = Object.keys(SIDES);
  const drawn = groups
    .map(({ title: groupTitle, bars }) => ({
      title: groupTitle,
      bars: bars
        .filter(({ side, value }) => SIDES[side] && Number.isFinite(value))
        .sort((a, b) => order.indexOf(a.side) - order.indexOf(b.side)),
    }))
    .filter(({ bars }) => bars.length > 0);
  const largest = Math.max(
    ...drawn.flatMap(({ bars }) => bars.map(({ value }) => value)),
    reference ?? 0,
  );
  /** @param {number} value */
  const x = (value) => (value / largest) * (WIDTH - LEFT - RIGHT);
  /** @type {string[]} */
  const parts = [];
  let y = TOP;
  for (const { title: groupTitle, bars } of drawn) {
    parts.push(`<text class="group" x="16" y="${y + 11}">${escape(groupTitle)}</text>`);
    y += BAR + GAP + 2;
    for (const { side, value } of bars) {
      const [label, colour] = SIDES[side];
      parts.push(
        `<text x="${LEFT - 10}" y="${y + 11}" text-anchor="end">${escape(label)}</text><rect ` +
          `class="${colour}" x="${LEFT}" y="${y}" width="${Math.max(1, x(value)).toFixed(1)}" ` +
          `height="${BAR}" rx="2"/><text class="value" x="${(LEFT + x(value) + 6).toFixed(1)}" ` +
          `y="${y + 11}">${number(value)}${unit}</text>`,
      );
      y += BAR + GAP;
    }
    y += GROUP_GAP;
  }
  const line =
    reference === undefined
      ? ''
      : `<line class="line" x1="${LEFT + x(reference)}" x2="${LEFT + x(reference)}" ` +
        `y1="${TOP - 8}" y2="${y - GROUP_GAP}"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" ` +
    `height="${y}" role="img" aria-label="${escape(title)}"><style>${STYLE}</style><text ` +
    `class="title" x="16" y="28">${escape(title)}</text>${line}${parts.join('')}</svg>\n`
  );
}

const HEIGHT = 300;
const PLOT = { left: 60, right: 100, top: 48, bottom: 40 };
const TICKS = 4;

/**
 * @param {Omit<import('./types.d.ts').LineChart, 'file'>} plot
 * @returns {string} SVG
 */
export function lineChart({ title, x: axis, maxX, lines }) {
  const all = lines.flatMap(({ points }) => points);
  const maxY = round(Math.max(...all.map(([, value]) => value)));
  /** @param {number} value */
  const x = (value) => (PLOT.left + (value / maxX) * (WIDTH - PLOT.left - PLOT.right)).toFixed(1);
  /** @param {number} value */
  const y = (value) =>
    (HEIGHT - PLOT.bottom - (value / maxY) * (HEIGHT - PLOT.top - PLOT.bottom)).toFixed(1);
  const steps = Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS);
  const grid = steps.map(
    (part) =>
      `<line class="axis" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" ` +
      `y1="${y(part * maxY)}" y2="${y(part * maxY)}"/><text class="value" ` +
      `x="${PLOT.left - 8}" y="${Number(y(part * maxY)) + 4}" ` +
      `text-anchor="end">${(part * maxY).toFixed(0)}</text><text class="value" ` +
      `x="${x(part * maxX)}" y="${HEIGHT - PLOT.bottom + 18}" ` +
      `text-anchor="middle">${(part * maxX).toFixed(0)}</text>`,
  );
  const paths = lines.map(
    ({ name, side, points }) =>
      `<path class="path ${side}" ` +
      `d="M${points.map(([a, b]) => `${x(a)},${y(b)}`).join('L')}"/><text ` +
      `x="${WIDTH - PLOT.right + 8}" ` +
      `y="${Number(y(points[points.length - 1][1])) + 4}">${escape(name)}</text>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" ` +
    `height="${HEIGHT}" role="img" aria-label="${escape(title)}"><style>${STYLE}</style><text ` +
    `class="title" x="16" y="28">${escape(title)}</text>${grid.join('')}${paths.join('')}<text ` +
    `class="value" x="${WIDTH - PLOT.right}" y="${HEIGHT - 6}" ` +
    `text-anchor="end">${escape(axis)}</text></svg>\n`
  );
}

/**
 * Rounds up to a number that divides by four.
 * @param {number} value
 */
function round(value) {
  const unit = 4 * 10 ** Math.floor(Math.log10(value / 4));
  return Math.ceil(value / unit) * unit;
}

/** @param {number} value */
const number = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
/** @param {string} text */
const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
