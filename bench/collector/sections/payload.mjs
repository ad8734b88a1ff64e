import { goal, thousands } from '../../report/format.mjs';
import { measurePayload } from '../payload.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measurePayload>>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const payload = {
  name: 'payload',
  title: 'Bytes and time on the device',
  note:
    'One profile of an hour as it is sent (gzipped, in its frame), raw, and the same counts ' +
    'as OTLP metrics in JSON with explicit histograms. Counting: CPU of records of 20 ' +
    'features; `@datadog/sketches-js` has its default mapping and store. By hand: one ' +
    'multiplication and one increment a value, bins of equal width, nothing checked.',
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
  more: ({ cost: { perigee, bare, ddsketch, missing } }) =>
    `Counting a feature value takes ${perigee.toFixed(1)} ns, by hand ${bare.toFixed(1)} ns, ` +
    `DDSketch ${ddsketch === undefined ? `– (${missing})` : `${ddsketch.toFixed(1)} ns`}.`,
  goals: ({ rows, cost: { perigee, bare, ddsketch } }) => [
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
            `${(perigee / ddsketch).toFixed(2)}× (by hand ${(bare / ddsketch).toFixed(2)}×)`,
            perigee / ddsketch <= 0.3,
          ),
        ]),
  ],
};
