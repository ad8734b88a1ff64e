// Each section is a row of the report: name (for --only), title, note, run(context) → figures,
// table(figures), and perhaps goals and a plot.
import { f, megabytes } from '../report/format.mjs';
import { measureBeside } from './beside.mjs';
import { measureCanary } from '../alerts/canary.mjs';
import { measureDrift, METHODS } from '../alerts/drift.mjs';
import { measureIngest } from './ingest.mjs';
import { measurePairs, tally } from '../alerts/pairs.mjs';
import { measurePayload } from './payload.mjs';
import { measureRollouts } from '../alerts/rollouts.mjs';
import { measureQueries, measureRestart } from './query.mjs';
import { measureSoak } from './soak.mjs';

const thousands = (value) => Math.round(value).toLocaleString('en-US');
const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;
const goal = (what, shown, reached) => ({ what, shown, reached });
const PROFILES = 1e6;
const DAYS = 7;

const ingest = {
  name: 'ingest',
  title: 'Uploads',
  note:
    'A collector (a process of its own, references from a published model of 20 features, ' +
    'SQLite with `synchronous = FULL`, every answer after its commit) and a load generator in ' +
    'another, over keep-alive connections with one upload at a time each. One profile an ' +
    'upload, gzipped, under an id of its own; keys spread as in a fleet in the middle of a ' +
    'rollout (5 versions, 4 backends, 2 browsers, 16 groups, 5 hours). CPU: of the collector ' +
    'alone, what it took of the machine while measured; what the machine gave it is in ' +
    '"cores". Exact: every bin of every histogram afterwards is the sum of what was ' +
    'acknowledged.',
  async run({ pick, model, referenceFile, say }) {
    return {
      rows: (
        await measureIngest({
          model,
          referenceFile,
          connections: [16, 64, 256],
          seconds: pick(15, 4),
          warmSeconds: pick(5, 2),
          ready: pick(60_000, 10_000),
          say,
        })
      ).map(({ refused, ...row }) => ({
        ...row,
        refused: Object.values(refused).reduce((a, b) => a + b, 0),
      })),
    };
  },
  table: ({ rows }) => [
    [
      'connections',
      'acknowledged profiles/s',
      'p50 ms',
      'p99 ms',
      'CPU ms a profile',
      'cores',
      'profiles/s a whole core',
      'bytes a body',
      'refused',
      'exact',
    ],
    ...rows.map(
      ({ connections, perSecond, p50, p99, cpuMsPerUpload, cores, bodyBytes, refused, exact }) => [
        connections,
        thousands(perSecond),
        f(p50),
        f(p99),
        f(cpuMsPerUpload),
        cores.toFixed(2),
        thousands(1_000 / cpuMsPerUpload),
        thousands(bodyBytes),
        refused,
        exact ? 'yes' : '**no**',
      ],
    ),
  ],
  goals: ({ rows }) => {
    const best = rows.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
    return [
      goal(
        '≥ 5,000 profiles/s on two cores',
        `${thousands(best.perSecond)} at ${best.connections} connections`,
        best.perSecond >= 5_000,
      ),
      goal(
        'p99 < 100 ms',
        rows.map(({ connections, p99 }) => `${f(p99)} ms (${connections})`).join(', '),
        rows.every(({ p99 }) => p99 < 100),
      ),
      goal(
        'sums equal what was acknowledged',
        rows.every(({ exact }) => exact) ? 'every bin' : 'no',
        rows.every(({ exact }) => exact),
      ),
    ];
  },
};

const query = {
  name: 'query',
  title: 'Questions',
  note:
    'A week of a large fleet in the store: as many rows as 5 versions × 4 backends × 2 ' +
    'browsers × 16 groups × 168 hours give, evenly, which is more than a fleet has. Asked over ' +
    'HTTP, one after the other. CPU: of the collector, a question.',
  run: ({ pick, model, folder, say }) =>
    measureQueries({
      folder,
      model,
      profiles: pick(PROFILES, PROFILES / 10),
      days: pick(DAYS, 1),
      rounds: pick(15, 3),
      say,
    }),
  table: ({ rows }) => [
    ['question', 'first', 'p50 ms', 'p95 ms', 'CPU ms'],
    ...Object.entries(rows).map(([name, { first, p50, p95, cpu }]) => [
      name,
      f(first),
      f(p50),
      f(p95),
      f(cpu),
    ]),
  ],
  goals: ({ rows, profiles }) => [
    goal(
      `drift over ${thousands(profiles)} profiles < 200 ms`,
      `p95 ${f(rows['drift, 24 h'].p95)} ms (CPU ${f(rows['drift, 24 h'].cpu)} ms)`,
      rows['drift, 24 h'].p95 < 200,
    ),
    goal(
      'overview page < 1 s',
      `p95 ${f(rows['overview page'].p95)} ms (CPU ${f(rows['overview page'].cpu)} ms)`,
      rows['overview page'].p95 < 1_000,
    ),
  ],
};

const beside = {
  name: 'beside',
  title: 'Uploads beside questions',
  note:
    'The same store in a collector that takes uploads at an even rate, over 64 connections; ' +
    'milliseconds are from when an upload was due, so that one counts that waits for the ' +
    'connection, too. The monitor looks more often than each minute, so that it shows; all ' +
    'five versions are in their first week, so that a look compares four pairs of them. ' +
    'Questions are asked one after the other with a pause of a second. CPU: share of a core, ' +
    'which tells what uploads had to share their thread with whatever the load of the machine ' +
    'was.',
  run: ({ pick, model, referenceFile, folder, say }) =>
    measureBeside({
      folder,
      model,
      referenceFile,
      profiles: pick(PROFILES, PROFILES / 10),
      days: pick(DAYS, 1),
      seconds: pick(30, 12),
      warmSeconds: pick(6, 4),
      perSecond: 100,
      lookMs: pick(15_000, 4_000),
      say,
    }),
  table: ({ rows }) => [
    [
      'meanwhile',
      'acknowledged profiles/s',
      'p50 ms',
      'p99 ms',
      'worst ms',
      'refused',
      'answers meanwhile',
      'CPU of the thread that takes uploads',
    ],
    ...rows.map(({ name, reached, p50, p99, worst, refused, asked, mainShare }) => [
      name,
      thousands(reached),
      f(p50),
      f(p99),
      f(worst),
      refused,
      asked ?? '–',
      Number.isFinite(mainShare) ? percent(mainShare, 1) : '–',
    ]),
  ],
  goals: ({ rows }) => [
    goal(
      'p99 < 100 ms beside the monitor and questions',
      rows
        .slice(1)
        .map(({ p99 }) => `${f(p99)} ms`)
        .join(', '),
      rows.every(({ p99 }) => p99 < 100),
    ),
  ],
};

const restart = {
  name: 'restart',
  title: 'Start with that store',
  note: 'From the start of the process to the first answer of `/v1/health`.',
  run: ({ pick, model, folder, say }) =>
    measureRestart({
      folder,
      model,
      profiles: pick(PROFILES, PROFILES / 10),
      days: pick(DAYS, 1),
      rounds: pick(5, 2),
      say,
    }),
  table: ({ rows, bytes, times, cpu }) => [
    ['rows', 'file', 'times ms', 'CPU s'],
    [
      thousands(rows),
      megabytes(bytes),
      times.map(f).join(', '),
      cpu.map((seconds) => seconds.toFixed(2)).join(', '),
    ],
  ],
  goals: ({ times }) => [
    goal(
      'restart < 2 s',
      `${f(Math.max(...times))} ms at worst`,
      times.every((ms) => ms < 2_000),
    ),
  ],
};

const soak = {
  name: 'soak',
  title: 'Memory under load',
  note:
    'About half the peak for ten minutes; before each sample the collector is told to collect ' +
    'its garbage. Slopes by least squares after the first fifth, with 95 % intervals that take ' +
    'samples for independent.',
  run({ pick, model, referenceFile, say, known }) {
    const peak = Math.max(
      ...(known('ingest')?.rows ?? [{ perSecond: 1_000 }]).map(({ perSecond }) => perSecond),
    );
    return measureSoak({
      model,
      referenceFile,
      seconds: pick(600, 20),
      perSecond: Math.round(peak / 2),
      everySeconds: pick(5, 2),
      say,
    });
  },
  table: ({ seconds, asked, perSecond, p50, p99, rss, heap }) => [
    ['', 'mean MiB', 'slope MiB/h', '95 %'],
    ...[
      ['resident', rss],
      ['heap', heap],
    ].map(([name, { mean, perHour, low, high }]) => [
      name,
      mean.toFixed(1),
      perHour.toFixed(1),
      `${low.toFixed(1)} to ${high.toFixed(1)}`,
    ]),
    [
      `${thousands(perSecond)} of ${thousands(asked)} profiles/s for ${seconds} s`,
      `p50 ${f(p50)} ms`,
      `p99 ${f(p99)} ms`,
      '',
    ],
  ],
  goals: ({ heap, rss }) => [
    goal(
      'memory is flat',
      `heap ${heap.perHour.toFixed(1)} MiB/h, resident ${rss.perHour.toFixed(1)} MiB/h`,
      heap.low <= 0 && rss.low <= 0,
    ),
  ],
  plot: ({ samples, seconds: maxX }) => ({
    file: 'monitor-soak.svg',
    kind: 'lines',
    title: 'Collector under load: memory in MiB',
    x: 'seconds',
    maxX,
    lines: [
      { name: 'resident', side: 'p', points: samples.map(({ seconds, rss }) => [seconds, rss]) },
      { name: 'heap', side: 'b', points: samples.map(({ seconds, heap }) => [seconds, heap]) },
    ],
  }),
};

const pairs = {
  name: 'pairs',
  title: 'Drift in pairs of samples',
  note:
    'Two samples each of one feature, 36 that drifted and 37 that did not: numbers that are ' +
    'shifted, spread, stuck, rounded or missing, and words with long tails. References have ' +
    '200 to 20,000 rows, windows 1,000 to 400,000 observations of 16 groups. An alarm is any ' +
    'finding of the rules as shipped. `node bench/alerts/pairs.mjs` prints the table and the ' +
    'pairs that are told wrongly.',
  run: async ({ say }) => tally(measurePairs({ say })),
  table: ({ ours, naive }) => [
    ['', 'hits', 'misses', 'false', 'quiet'],
    ['perigee, as shipped', ...ours],
    ['PSI > 0.2', ...naive],
  ],
  goals: ({ ours }) => [goal('no false alarm', String(ours[2]), ours[2] === 0)],
};

const drift = {
  name: 'drift',
  title: 'Drift: false alerts, power, delay',
  note:
    'Simulated fleets of 5,000 devices: 16 numbers and 4 categories, rows of a device ' +
    'correlated (0.3), activity from a few to hundreds of rows a day, asleep at night, half as ' +
    'active at weekends, four features that follow the time of day, one segment of 20 %, ' +
    'labels up to two days late. Everything is looked at every hour over the last 24, by our ' +
    'findings and alert states as they are shipped (whole fleet and segment) and by three ' +
    'usual rules on the same counts (whole fleet, alarms less than six hours apart are one ' +
    'alert): PSI over 0.2; Kolmogorov–Smirnov (chi-square for categories) at 5 %; the mean ' +
    'outside of mean ± 3 standard deviations of ten reference days. A feature that was ' +
    'alarming when it began to drift counts as not found; KS is in alarm about some feature ' +
    'nearly all the time and the three deviations half of it, so that what they find is not ' +
    'noticed. Seeds are fixed.',
  run: ({ pick, say }) => measureDrift({ months: pick(6, 1), repeats: pick(5, 1), say }),
  table: ({ false: alerts, alarming, cases }) => [
    ['', ...Object.values(METHODS)],
    ['false alerts a month', ...Object.keys(METHODS).map((name) => alerts[name].toFixed(2))],
    [
      'share of drift-free hours in alarm',
      ...Object.keys(METHODS).map((name) => percent(alarming[name])),
    ],
    ...cases.map(({ name, methods }) => [
      `${name}: found, median hours`,
      ...Object.keys(METHODS).map((method) => {
        const { power, medianHours } = methods[method];
        return percent(power) + (medianHours === null ? '' : `, ${medianHours} h`);
      }),
    ]),
  ],
  goals: ({ false: { ours } }) => [
    goal('≤ 1 false alert a model and month', ours.toFixed(2), ours <= 1),
  ],
  plot: ({ alarming, cases, repeats }) => ({
    file: 'monitor-drift.svg',
    title:
      'Hours in alarm without drift (less is better); drift found within 5 days, of ' +
      `${repeats} fleets`,
    unit: ' %',
    groups: [
      { title: 'no drift: share of hours in alarm', of: alarming },
      ...cases.map(({ name, methods }) => ({
        title: name,
        of: Object.fromEntries(
          Object.entries(methods).map(([method, { power }]) => [method, power]),
        ),
      })),
    ].map(({ title, of }) => ({
      title,
      bars: Object.keys(METHODS).map((side) => ({ side, value: of[side] * 100 })),
    })),
  }),
};

const canary = {
  name: 'canary',
  title: 'Canary: looking all the time',
  note:
    'The comparison the guard acts on, looked at every ten minutes for a day, within hours ' +
    'too, 2,000 devices of either version; devices differ in how often their sessions fail ' +
    '(Beta) and how slow they are, a third of the sessions are delivered hours later. Harm: ' +
    'the verdict. Beside it each e-process alone at 100, and a two-sided z test at 5 % over ' +
    'all sessions.',
  run: ({ pick, say }) => measureCanary({ runs: pick(400, 10), power: pick(40, 3), say }),
  table: ({ runs, falseHarm, falseRate, falseLatency, naive, cases }) => [
    [
      '',
      'said to be harmful',
      'sessions of the new version until then, median (9 of 10)',
      'one e-process alone, median',
    ],
    [
      `equal versions, ${runs} rollouts`,
      `${falseHarm} (${percent(falseHarm / runs, 2)}; at most ` +
        `${percent(upperBound(falseHarm, runs), 2)} at 95 %)`,
      '–',
      `failures ${percent(falseRate / runs, 2)}, latency ${percent(falseLatency / runs, 2)}`,
    ],
    ['equal versions, z test', `${naive} (${percent(naive / runs, 1)})`, '–', '–'],
    ...cases.map(({ name, runs: of, found, median, p90, oneTestMedian }) => [
      name,
      `${found} of ${of}`,
      `${count(median)} (${count(p90)})`,
      count(oneTestMedian),
    ]),
  ],
  goals: ({ falseHarm, runs }) => [
    goal(
      'type I error ≤ 1 % while looking all the time',
      `${percent(falseHarm / runs, 2)} of ${runs}`,
      falseHarm / runs <= 0.01,
    ),
  ],
};

const payload = {
  name: 'payload',
  title: 'Bytes and time on the device',
  note:
    'One profile of an hour as it is sent (gzipped, in its frame), raw, and the same counts as ' +
    'OTLP metrics in JSON with explicit histograms. Counting: CPU of 20 features in turns, ' +
    '`@datadog/sketches-js` with its default mapping and store.',
  run: ({ pick, peers, say }) =>
    measurePayload({
      features: [20, 64],
      counts: [50, 500, 5_000],
      rounds: pick(15, 3),
      folder: peers,
      say,
    }),
  table: ({ rows }) => [
    ['features', 'predictions', 'sent', 'raw', 'OTLP gzipped', 'OTLP', 'sent ÷ OTLP gzipped'],
    ...rows.map(({ features, predictions, raw, gzip, otlp, otlpGzip }) => [
      features,
      thousands(predictions),
      `${thousands(gzip)} B`,
      `${thousands(raw)} B`,
      `${thousands(otlpGzip)} B`,
      `${thousands(otlp)} B`,
      `${(gzip / otlpGzip).toFixed(2)}×`,
    ]),
  ],
  more: ({ cost: { perigee, ddsketch, missing } }) =>
    `Counting a feature value takes ${perigee.toFixed(1)} ns, DDSketch ` +
    `${ddsketch === undefined ? `– (${missing})` : `${ddsketch.toFixed(1)} ns`}.`,
  goals: ({ rows, cost: { perigee, ddsketch } }) => [
    goal(
      '≤ 1.2 KB gzipped a model and day at 20 features',
      rows
        .filter(({ features }) => features === 20)
        .map(({ predictions, gzip }) => `${gzip} B (${predictions})`)
        .join(', '),
      rows.filter(({ features }) => features === 20).every(({ gzip }) => gzip <= 1_200),
    ),
    ...(ddsketch === undefined
      ? []
      : [
          goal(
            'counting ≤ 0.3× DDSketch a value',
            `${(perigee / ddsketch).toFixed(2)}×`,
            perigee / ddsketch <= 0.3,
          ),
        ]),
  ],
};

const rollouts = {
  name: 'rollouts',
  title: 'Six kinds of rollout',
  note:
    'Four days of a rollout in a fleet of 800 devices (small arms: 40 to 120), looked at after ' +
    'every hour by the comparison that the guard acts on. A device finds the new version when ' +
    'it is used, and runs it from its next use on. Constant share: 50 %. Ramp: 1, 5, 25 and 90 ' +
    '% of the devices, six hours each. Season: by day everything takes twice as long, and ' +
    'answers are wrong three times as often. Crash-looping devices: 0.5 % or 2 % of the ' +
    'devices fail in each hour, in one session or five, in a ramp or at 5 %. Wrong clocks: 3 % ' +
    'of the devices are up to five days behind or one day ahead, in a ramp with season, and ' +
    'everything became 1.6 times as slow a day before. Small arms: 50 % or 20 %, with season ' +
    'and crash-looping devices. Seeds are fixed.',
  run: ({ pick, say }) => measureRollouts({ runs: pick(1_000, 10), power: pick(50, 2), say }),
  table: (rows) => [
    [
      '',
      'equal versions said to be harmful',
      ...rows[0].harms.map(({ harm }) => `${harm}: found, median days`),
    ],
    ...rows.map(({ name, runs, falseHarm, harms }) => [
      name,
      `${falseHarm} of ${runs} (at most ${percent(upperBound(falseHarm, runs), 2)} at 95 %)`,
      ...harms.map(
        ({ runs: of, found, medianHours }) =>
          `${found} of ${of}${medianHours === null ? '' : `, ${(medianHours / 24).toFixed(1)}`}`,
      ),
    ]),
  ],
  goals: (rows) => [
    goal(
      'false harm ≤ 1 % of rollouts in each scenario',
      rows.map(({ name, runs, falseHarm }) => `${name} ${percent(falseHarm / runs, 2)}`).join(', '),
      rows.every(({ runs, falseHarm }) => falseHarm / runs <= 0.01),
    ),
  ],
};

export const SECTIONS = [
  ingest,
  query,
  beside,
  restart,
  soak,
  drift,
  pairs,
  canary,
  rollouts,
  payload,
];

const count = (value) =>
  Number.isFinite(value) && value !== null ? thousands(value) : 'not found';

/** One-sided 95 % bound of a rate (Wilson). */
function upperBound(hits, n) {
  const z = 1.645;
  const p = hits / n;
  return (
    (p + (z * z) / (2 * n) + z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) /
    (1 + (z * z) / n)
  );
}
