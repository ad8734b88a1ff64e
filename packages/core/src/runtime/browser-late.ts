// Everything of a browser that is seldom needed, in one file: each import() costs every page bytes.
export { reportGpu } from './browser-gpu.ts';
export { onLifecycle } from './browser-lifecycle.ts';
export { endReason } from './end-reason.ts';
export { startLate } from './late-worker.ts';
