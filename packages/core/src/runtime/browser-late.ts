// Rarely needed browser code, in one file: each import() adds bytes to every page.
export { reportGpu } from './browser-gpu.ts';
export { onLifecycle } from './browser-lifecycle.ts';
export { endReason } from './end-reason.ts';
export { startLate } from './late-worker.ts';
