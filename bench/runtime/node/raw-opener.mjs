// A hand-written worker: opens a session of a file and keeps it open. From its bytes, from its path,
// or from the form with its weights apart: wasm then gets one weight after the other.
import { existsSync, openSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/** @typedef {import('onnxruntime-web').InferenceSession.SessionOptions} Options */

const { packageName, path, from } = workerData;
const isWasm = packageName === 'onnxruntime-web';
const ort = await import(packageName);
if (isWasm) ort.env.wasm.numThreads = 1;
const graph = from === 'apart' ? path.replace('.onnx', '-apart.onnx') : path;
const session = await ort.InferenceSession.create(
  from === 'bytes' || isWasm ? new Uint8Array(readFileSync(graph)) : graph,
  {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(from === 'apart' && isWasm && { externalData: externalData(`${graph}.data`) }),
  },
);
parentPort?.on('message', () => session.release());
parentPort?.postMessage('open');

/**
 * The runtime reads external data by `subarray` alone, and copies what it gets at once.
 * @param {string} file a model without large weights has none
 * @returns {NonNullable<Options['externalData']>}
 */
function externalData(file) {
  if (!existsSync(file)) return [];
  const handle = openSync(file, 'r');
  let buffer = new Uint8Array(0);
  /**
   * @param {number} start
   * @param {number} end
   */
  const subarray = (start, end) => {
    if (buffer.length < end - start) buffer = new Uint8Array(end - start);
    const range = buffer.subarray(0, end - start);
    readSync(handle, range, 0, range.length, start);
    return range;
  };
  const data = Object.defineProperties(new Uint8Array(0), {
    byteLength: { value: fstatSync(handle).size },
    subarray: { value: subarray },
  });
  return [{ path: basename(file), data }];
}
