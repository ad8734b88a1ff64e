// Pairs of samples, some with drift and some without. Compares our findings with the rule of thumb
// PSI > 0.2 on each pair.
import { pathToFileURL } from 'node:url';
import { buildReference, createCounters } from '@perigee/profile';
import { psi, seededRandom } from '@perigee/profile/analysis';
import { DEFAULT_RULES } from '../../packages/collector/dist/alerts/rules.js';
import { judgeVersion } from '../../packages/collector/dist/monitor/judge-version.js';
import { fleetOf } from '../../packages/collector/dist/analysis/fleet.js';
import { driftOptions } from '../../packages/collector/dist/monitor/monitor.js';
import { GROUPS } from '../collector/devices.mjs';
import { drawNormal } from '../draws.mjs';

/** @typedef {import('../draws.mjs').Random} Random */
/** @typedef {(random: Random) => number} Numbers */
/** @typedef {(random: Random) => string} Words */
/** @typedef {(random: Random) => number | string | null} Draw */
/** @typedef {import('@perigee/profile').ReferenceProfile} ReferenceProfile */

/**
 * @typedef {object} Pair
 * @property {string} name
 * @property {'numeric' | 'categorical'} kind
 * @property {Draw} before
 * @property {Draw} now
 * @property {number} rows of the reference
 * @property {number} observations now
 */

/**
 * @typedef {object} Judged
 * @property {string} name
 * @property {number} rows of the reference
 * @property {number} observations
 * @property {boolean} drifted
 * @property {readonly string[]} rules
 * @property {boolean} ours
 * @property {boolean} naive
 */

const PSI_ALARM = 0.2;
const OPTIONS = driftOptions(DEFAULT_RULES, {});

/**
 * @param {number} [mean]
 * @param {number} [sd]
 * @returns {Numbers}
 */
const normal =
  (mean = 0, sd = 1) =>
  (random) =>
    mean + sd * drawNormal(random);
/**
 * @param {number} [mean]
 * @param {number} [sd]
 * @returns {Numbers}
 */
const skewed =
  (mean = 0, sd = 1) =>
  (random) =>
    Math.exp(mean + sd * drawNormal(random));
/**
 * @param {number} [mean]
 * @returns {Numbers}
 */
const rounded =
  (mean = 0) =>
  (random) =>
    Math.round(3 * (mean + drawNormal(random)));
/**
 * @template Value
 * @param {Value} value
 */
const stuck = (value) => () => value;
/**
 * @param {number} share
 * @param {Draw} one
 * @param {Draw} other
 * @returns {Draw}
 */
const mixed = (share, one, other) => (random) => (random() < share ? one(random) : other(random));
/**
 * @param {number} share
 * @param {Draw} draw
 */
const missing = (share, draw) => mixed(share, () => null, draw);
/** @param {Random} random */
const fresh = (random) => `new ${Math.floor(10 * random())}`;
/**
 * Words by weight.
 * @param {readonly number[]} weights
 * @returns {Words}
 */
function words(weights) {
  /** @type {number[]} */
  const limits = [];
  for (const weight of weights) limits.push((limits.at(-1) ?? 0) + weight);
  return (random) => {
    const at = random() * limits[limits.length - 1];
    return `word ${Math.max(
      0,
      limits.findIndex((limit) => at < limit),
    )}`;
  };
}
/**
 * @param {number} count
 * @param {number} [power]
 */
const tail = (count, power = 1) =>
  words(Array.from({ length: count }, (_, i) => (i + 1) ** -power));
/** @param {number} count */
const alike = (count) => words(Array.from({ length: count }, () => 1));

/**
 * @param {string} name
 * @param {Pair['kind']} kind
 * @param {Draw} before
 * @param {Draw | undefined} now undefined: nothing has changed
 * @param {number} rows of the reference
 * @param {number} observations now
 * @returns {Pair}
 */
const pair = (name, kind, before, now, rows, observations) => ({
  name,
  kind,
  before,
  now: now ?? before,
  rows,
  observations,
});

const QUIET = [
  ...[200, 1_000, 10_000].flatMap((rows) => [
    pair('normal', 'numeric', normal(), undefined, rows, 20_000),
    pair('skewed', 'numeric', skewed(), undefined, rows, 20_000),
    pair('rounded', 'numeric', rounded(), undefined, rows, 20_000),
    pair('two values', 'numeric', mixed(0.2, stuck(0), stuck(1)), undefined, rows, 20_000),
  ]),
  ...[1_000, 100_000].map((now) => pair('normal', 'numeric', normal(), undefined, 5_000, now)),
  ...[0.01, 0.3, 0.9].map((share) =>
    pair(`${share} missing`, 'numeric', missing(share, normal()), undefined, 1_000, 20_000),
  ),
  ...[
    [5, 300],
    [20, 1_000],
    [60, 300],
    [60, 2_000],
    [200, 1_000],
    [300, 400],
    [300, 2_000],
    [1_000, 2_000],
    [2_000, 10_000],
  ].flatMap(([count, rows]) => [
    pair(`${count} words with a long tail`, 'categorical', tail(count), undefined, rows, 20_000),
    pair(`${count} words alike`, 'categorical', alike(count), undefined, rows, 20_000),
  ]),
  pair('a steep tail of 500 words', 'categorical', tail(500, 1.5), undefined, 3_000, 20_000),
  pair('a word in a thousand rows', 'categorical', words([0.999, 0.001]), undefined, 500, 20_000),
];
const DRIFTED = [
  ...[0.2, 0.3, 0.5, 1].flatMap((shift) =>
    [500, 5_000].map((rows) =>
      pair(`normal + ${shift} sd`, 'numeric', normal(), normal(shift), rows, 20_000),
    ),
  ),
  ...[0.3, 0.6].map((shift) =>
    pair(`skewed × e^${shift}`, 'numeric', skewed(), skewed(shift), 2_000, 20_000),
  ),
  ...[0.5, 1.5, 2].map((sd) =>
    pair(`spread × ${sd}`, 'numeric', normal(), normal(0, sd), 2_000, 20_000),
  ),
  ...[0.3, 0.5].map((mean) =>
    pair(`rounded + ${mean}`, 'numeric', rounded(), rounded(mean), 2_000, 20_000),
  ),
  ...[
    [2_000, 20_000],
    [2_000, 400_000],
    [200, 100_000],
    [20_000, 1_000],
  ].map(([rows, now]) => pair('stuck at one value', 'numeric', normal(), stuck(0.1), rows, now)),
  pair(
    'stuck between two values',
    'numeric',
    normal(),
    mixed(0.5, stuck(-0.05), stuck(0.05)),
    2_000,
    400_000,
  ),
  pair(
    'a tenth of the rows is 0',
    'numeric',
    normal(),
    mixed(0.2, stuck(0), normal()),
    2_000,
    20_000,
  ),
  ...[
    [0.01, 0.05],
    [0.3, 0.65],
    [0.55, 1],
    [0.8, 0.95],
  ].map(([before, now]) =>
    pair(
      `${before} → ${now} missing`,
      'numeric',
      missing(before, normal()),
      missing(now, normal()),
      2_000,
      20_000,
    ),
  ),
  pair(
    'a unit that changed',
    'numeric',
    skewed(),
    (random) => 1_000 * skewed()(random),
    2_000,
    20_000,
  ),
  pair('3 % beyond the range', 'numeric', normal(), mixed(0.03, stuck(9), normal()), 2_000, 20_000),
  ...[0.12, 0.2, 0.4].map((more) =>
    pair(
      `one of 5 words + ${more}`,
      'categorical',
      alike(5),
      mixed(more / 0.8, stuck('word 2'), alike(5)),
      2_000,
      20_000,
    ),
  ),
  pair(
    'words in another order',
    'categorical',
    tail(30),
    (random) => `word ${29 - Number(tail(30)(random).slice(5))}`,
    1_000,
    20_000,
  ),
  pair(
    'one of three words that goes to another',
    'categorical',
    words([20, 55, 25]),
    words([45, 55]),
    2_000,
    400_000,
  ),
  ...[
    [5, 0.03],
    [50, 0.05],
    [200, 0.08],
  ].map(([count, share]) =>
    pair(
      `new words beside ${count}`,
      'categorical',
      tail(count),
      mixed(share, fresh, tail(count)),
      5_000,
      20_000,
    ),
  ),
  pair(
    '500 words that all change',
    'categorical',
    alike(500),
    (random) => `other ${Math.floor(500 * random())}`,
    1_000,
    20_000,
  ),
];

/**
 * @param {{ say: import('../report/types.d.ts').Say }} options
 * @returns {Judged[]} the answer of each method for every pair
 */
export function measurePairs({ say }) {
  const random = seededRandom(77);
  const all = [
    ...QUIET.map((quiet) => ({ ...quiet, drifted: false })),
    ...DRIFTED.map((drifted) => ({ ...drifted, drifted: true })),
  ];
  return all.map(({ drifted, name, kind, before, now, rows, observations }, i) => {
    say(`pair ${i + 1} of ${all.length}: ${name}`);
    const reference = buildReference({
      features: [column(kind, rows, before, random)],
    });
    const fleet = fleetOf(
      Array.from({ length: GROUPS }, (_, group) =>
        counted(reference, group, Math.round(observations / GROUPS), now, random),
      ),
    );
    if (!fleet) throw new Error('A window has observations.');
    const window = {
      model: 'm',
      version: '1.0.0',
      segment: '',
      fleet,
      reference: { id: 'r', profile: reference },
      comparison: null,
      past: null,
      fromHour: 0,
      toHour: 1,
    };
    const rules = judgeVersion(window, DEFAULT_RULES, OPTIONS).findings.map(({ rule }) => rule);
    return {
      name,
      rows,
      observations,
      drifted,
      rules,
      ours: rules.length > 0,
      naive: psi(reference.features[0].counts, fleet.total.features[0].bins) > PSI_ALARM,
    };
  });
}

/**
 * The column of the reference.
 * @param {Pair['kind']} kind
 * @param {number} rows
 * @param {Draw} draw
 * @param {Random} random
 * @returns {import('@perigee/profile').ReferenceColumn}
 */
function column(kind, rows, draw, random) {
  const values = Array.from({ length: rows }, () => draw(random));
  return kind === 'numeric'
    ? { name: 'x', kind, values: values.map((value) => (value === null ? null : Number(value))) }
    : { name: 'x', kind, values: values.map((value) => (value === null ? null : String(value))) };
}

/**
 * Hits, misses, false alarms and quiet pairs of both methods.
 * @param {readonly Judged[]} pairs
 */
export function tally(pairs) {
  /** @param {'ours' | 'naive'} said */
  const of = (said) =>
    ['hits', 'misses', 'false', 'quiet'].map(
      (_, i) =>
        pairs.filter((pair) => pair.drifted === i < 2 && pair[said] === (i % 2 === 0)).length,
    );
  return {
    ours: of('ours'),
    naive: of('naive'),
    wrong: pairs.filter(({ drifted, ours }) => drifted !== ours),
  };
}

/**
 * @param {ReferenceProfile} reference
 * @param {number} group
 * @param {number} rows
 * @param {Draw} draw
 * @param {Random} random
 */
function counted(reference, group, rows, draw, random) {
  const counters = createCounters(reference);
  for (let row = 0; row < rows; row += 1) {
    counters.observePrediction();
    counters.observeFeature(0, draw(random));
  }
  return counters.snapshot({
    model: 'm',
    version: '1.0.0',
    reference: 'r',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: 0,
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ours, naive, wrong } = tally(measurePairs({ say: () => undefined }));
  console.table({ Perigee: row(ours), 'PSI > 0.2': row(naive) });
  for (const { name, rows, observations, drifted, rules } of wrong)
    console.log(
      `${drifted ? 'missed' : 'false'}: ${name}, ${rows} rows, ${observations} observations ` +
        `${rules.join(', ')}`,
    );
}

/** @param {readonly number[]} tallied */
function row([hits, misses, falseAlarms, quiet]) {
  return { hits, misses, false: falseAlarms, quiet };
}
