export { startCollector } from './server.ts';
export type { Collector, CollectorOptions } from './server.ts';
export type * from './api.ts';
export type * from './export/retraining-file.ts';
