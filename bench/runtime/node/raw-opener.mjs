// A hand-written worker: opens a session of a file, from its bytes or from its path, and keeps it
// open.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { packageName, path, from } = workerData;
const ort = await import(packageName);
if (packageName === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(
  from === 'path' ? path : new Uint8Array(readFileSync(path)),
  { intraOpNumThreads: 1, logSeverityLevel: 3 },
);
parentPort?.on('message', () => session.release());
parentPort?.postMessage('open');
