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

const PSI_ALARM = 0.2;
const OPTIONS = driftOptions(DEFAULT_RULES, {});

const normal =
  (mean = 0, sd = 1) =>
  (random) =>
    mean + sd * drawNormal(random);
const skewed =
  (mean = 0, sd = 1) =>
  (random) =>
    Math.exp(mean + sd * drawNormal(random));
const rounded =
  (mean = 0) =>
  (random) =>
    Math.round(3 * (mean + drawNormal(random)));
const stuck = (value) => () => value;
const mixed = (share, one, other) => (random) => (random() < share ? one(random) : other(random));
const missing = (share, draw) => mixed(share, () => null, draw);
const fresh = (random) => `new ${Math.floor(10 * random())}`;
/** Words by weight. */
function words(weights) {
  const limits = [];
  for (const weight of weights) limits.push((limits.at(-1) ?? 0) + weight);
  return (random) => {
    const at = random() * limits.at(-1);
    return `word ${Math.max(
      0,
      limits.findIndex((limit) => at < limit),
    )}`;
  };
}
const tail = (count, power = 1) =>
  words(Array.from({ length: count }, (_, i) => (i + 1) ** -power));
const alike = (count) => words(Array.from({ length: count }, () => 1));

/**
 * name, kind, before, now, rows of the reference, observations now; without `now` nothing has
 * changed.
 */
const QUIET = [
  ...[200, 1_000, 10_000].flatMap((rows) =>
    [
      ['normal', 'numeric', normal()],
      ['skewed', 'numeric', skewed()],
      ['rounded', 'numeric', rounded()],
      ['two values', 'numeric', mixed(0.2, stuck(0), stuck(1))],
    ].map((one) => [...one, undefined, rows, 20_000]),
  ),
  ...[1_000, 100_000].map((now) => ['normal', 'numeric', normal(), undefined, 5_000, now]),
  ...[0.01, 0.3, 0.9].map((share) => [
    `${share} missing`,
    'numeric',
    missing(share, normal()),
    undefined,
    1_000,
    20_000,
  ]),
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
    [`${count} words with a long tail`, 'categorical', tail(count), undefined, rows, 20_000],
    [`${count} words alike`, 'categorical', alike(count), undefined, rows, 20_000],
  ]),
  ['a steep tail of 500 words', 'categorical', tail(500, 1.5), undefined, 3_000, 20_000],
  ['a word in a thousand rows', 'categorical', words([0.999, 0.001]), undefined, 500, 20_000],
];
const DRIFTED = [
  ...[0.2, 0.3, 0.5, 1].flatMap((shift) =>
    [500, 5_000].map((rows) => [
      `normal + ${shift} sd`,
      'numeric',
      normal(),
      normal(shift),
      rows,
      20_000,
    ]),
  ),
  ...[0.3, 0.6].map((shift) => [
    `skewed × e^${shift}`,
    'numeric',
    skewed(),
    skewed(shift),
    2_000,
    20_000,
  ]),
  ...[0.5, 1.5, 2].map((sd) => [
    `spread × ${sd}`,
    'numeric',
    normal(),
    normal(0, sd),
    2_000,
    20_000,
  ]),
  ...[0.3, 0.5].map((mean) => [
    `rounded + ${mean}`,
    'numeric',
    rounded(),
    rounded(mean),
    2_000,
    20_000,
  ]),
  ...[
    [2_000, 20_000],
    [2_000, 400_000],
    [200, 100_000],
    [20_000, 1_000],
  ].map(([rows, now]) => ['stuck at one value', 'numeric', normal(), stuck(0.1), rows, now]),
  [
    'stuck between two values',
    'numeric',
    normal(),
    mixed(0.5, stuck(-0.05), stuck(0.05)),
    2_000,
    400_000,
  ],
  ['a tenth of the rows is 0', 'numeric', normal(), mixed(0.2, stuck(0), normal()), 2_000, 20_000],
  ...[
    [0.01, 0.05],
    [0.3, 0.65],
    [0.55, 1],
    [0.8, 0.95],
  ].map(([before, now]) => [
    `${before} → ${now} missing`,
    'numeric',
    missing(before, normal()),
    missing(now, normal()),
    2_000,
    20_000,
  ]),
  ['a unit that changed', 'numeric', skewed(), (random) => 1_000 * skewed()(random), 2_000, 20_000],
  ['3 % beyond the range', 'numeric', normal(), mixed(0.03, stuck(9), normal()), 2_000, 20_000],
  ...[0.12, 0.2, 0.4].map((more) => [
    `one of 5 words + ${more}`,
    'categorical',
    alike(5),
    mixed(more / 0.8, stuck('word 2'), alike(5)),
    2_000,
    20_000,
  ]),
  [
    'words in another order',
    'categorical',
    tail(30),
    (random) => `word ${29 - Number(tail(30)(random).slice(5))}`,
    1_000,
    20_000,
  ],
  [
    'one of three words that goes to another',
    'categorical',
    words([20, 55, 25]),
    words([45, 55]),
    2_000,
    400_000,
  ],
  ...[
    [5, 0.03],
    [50, 0.05],
    [200, 0.08],
  ].map(([count, share]) => [
    `new words beside ${count}`,
    'categorical',
    tail(count),
    mixed(share, fresh, tail(count)),
    5_000,
    20_000,
  ]),
  [
    '500 words that all change',
    'categorical',
    alike(500),
    (random) => `other ${Math.floor(500 * random())}`,
    1_000,
    20_000,
  ],
];

/** @returns the answer of each method for every pair */
export function measurePairs({ say }) {
  const random = seededRandom(77);
  const pairs = [
    ...QUIET.map((pair) => [false, ...pair]),
    ...DRIFTED.map((pair) => [true, ...pair]),
  ];
  return pairs.map(([drifted, name, kind, before, now, rows, observations], i) => {
    say(`pair ${i + 1} of ${pairs.length}: ${name}`);
    const reference = buildReference({
      features: [{ name: 'x', kind, values: Array.from({ length: rows }, () => before(random)) }],
    });
    const fleet = fleetOf(
      Array.from({ length: GROUPS }, (_, group) =>
        counted(reference, group, Math.round(observations / GROUPS), now ?? before, random),
      ),
    );
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

/** Hits, misses, false alarms and quiet pairs of both methods. */
export function tally(pairs) {
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

function row([hits, misses, falseAlarms, quiet]) {
  return { hits, misses, false: falseAlarms, quiet };
}
