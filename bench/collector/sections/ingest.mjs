import { f, goal, thousands } from '../../report/format.mjs';
import { measureIngest } from '../ingest.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measureIngest>>[number]} Measured */
/** @typedef {{ rows: (Omit<Measured, 'refused'> & { refused: number })[] }} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const ingest = {
  name: 'ingest',
  title: 'Uploads',
  note:
    'A collector in its own process (references from a published model of 20 features, ' +
    'SQLite with `synchronous = FULL`, every answer after its commit) and a load generator ' +
    'in another, over keep-alive connections with one upload at a time each. An upload is ' +
    'one gzipped profile with its own id. Keys are spread as in a fleet in the middle of a ' +
    "rollout (5 versions, 4 backends, 2 browsers, 16 groups, 5 hours). CPU: the collector's " +
    'alone. Cores: the share of the machine that the collector got while it was measured. ' +
    'Exact: every bin of every histogram afterwards is the sum of the acknowledged uploads.',
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
        'sums equal the acknowledged uploads',
        rows.every(({ exact }) => exact) ? 'every bin' : 'no',
        rows.every(({ exact }) => exact),
      ),
    ];
  },
};
