import type { FastifyInstance } from 'fastify';
import type { Sources } from '../../analysis/read-fleet.ts';
import { registerAlert } from './alert.ts';
import type { AlertOptions } from './alert.ts';
import { registerCompare } from './compare.ts';
import { registerDrift } from './drift.ts';
import { registerExport } from './export.ts';
import { registerLatency } from './latency.ts';
import { registerModels } from './models.ts';
import { registerOverview } from './overview.ts';
import { registerPerformance } from './performance.ts';
import { registerRetraining } from './retraining.ts';
import { registerTimeline } from './timeline.ts';

/** Registers every route that reads sums. docs/reference/http-api.md lists them. */
export function registerReads(app: FastifyInstance, sources: Sources, options: AlertOptions): void {
  const { tracked, rules, drift } = options;
  registerModels(app, sources);
  registerOverview(app, sources, tracked, drift);
  registerTimeline(app, sources);
  registerAlert(app, sources, options);
  registerLatency(app, sources);
  registerDrift(app, sources, drift, rules);
  registerPerformance(app, sources, drift);
  registerCompare(app, sources);
  registerExport(app, sources.store, sources.publishedModels);
  registerRetraining(app, sources, drift);
}
