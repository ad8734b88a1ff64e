import { f, goal, thousands } from '../../report/format.mjs';
import { measureSoak } from '../soak.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measureSoak>>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const soak = {
  name: 'soak',
  title: 'Memory under load',
  note:
    'About half the peak for ten minutes, or what `--minutes` and `--rate` say. The monitor ' +
    'looks each minute, and before each sample the overview and a comparison are asked for. ' +
    'The collector collects its garbage before each sample. Slopes by least squares after the ' +
    'first fifth, with 95 % intervals that treat samples as independent. Quarters: medians.',
  run({ pick, minutes, rate, model, referenceFile, say, known }) {
    /** @type {{ rows?: readonly { perSecond: number }[] }} */
    const { rows = [{ perSecond: 1_000 }] } = known('ingest') ?? {};
    const peak = Math.max(...rows.map(({ perSecond }) => perSecond));
    return measureSoak({
      model,
      referenceFile,
      seconds: minutes === undefined ? pick(600, 20) : minutes * 60,
      perSecond: rate ?? Math.round(peak / 2),
      everySeconds: minutes === undefined ? pick(5, 2) : Math.min(10, minutes * 3),
      say,
    });
  },
  table: ({ seconds, asked, perSecond, p50, p99, rss, heap, quarters: { first, last } }) => [
    ['', 'mean MiB', 'slope MiB/h', '95 %', 'first quarter', 'last quarter'],
    ...Object.entries({ rss, heap }).map(([name, { mean, perHour, low, high }]) => [
      name === 'rss' ? 'resident' : name,
      mean.toFixed(1),
      perHour.toFixed(1),
      `${low.toFixed(1)} to ${high.toFixed(1)}`,
      first[/** @type {'rss' | 'heap'} */ (name)].toFixed(1),
      last[/** @type {'rss' | 'heap'} */ (name)].toFixed(1),
    ]),
    ['file of the store', '', '', '', first.file.toFixed(1), last.file.toFixed(1)],
    ['its log of writes', '', '', '', first.wal.toFixed(1), last.wal.toFixed(1)],
    [
      `${thousands(perSecond)} of ${thousands(asked)} profiles/s for ${seconds} s`,
      `p50 ${f(p50)} ms`,
      `p99 ${f(p99)} ms`,
      '',
      '',
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
