// Each section is a row of the report: name (for --only), title, note, run(context) → figures,
// table(figures), and perhaps goals and a plot.
import { canary } from '../alerts/sections/canary.mjs';
import { drift } from '../alerts/sections/drift.mjs';
import { pairs } from '../alerts/sections/pairs.mjs';
import { rollouts } from '../alerts/sections/rollouts.mjs';
import { beside } from './sections/beside.mjs';
import { ingest } from './sections/ingest.mjs';
import { payload } from './sections/payload.mjs';
import { query } from './sections/query.mjs';
import { restart } from './sections/restart.mjs';
import { merge } from './sections/merge.mjs';
import { soak } from './sections/soak.mjs';

/** @typedef {import('./types.d.ts').MonitorContext} Context */
/** @typedef {import('../report/types.d.ts').MonitorSection<object, Context>} Section */

/**
 * @type {readonly Section[]}
 */
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
  merge,
];
