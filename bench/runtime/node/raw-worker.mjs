// Hand-written: onnxruntime-node in a worker thread, with the output's buffers transferred back.
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';

/** @typedef {import('../../models/types.d.ts').Feeds} Feeds */
/** @typedef {{ id: number, path?: string, feeds: Feeds, output: string }} Message */

/** @type {ort.InferenceSession | undefined} */
let session;
parentPort?.on('message', async (/** @type {Message} */ { id, path, feeds, output }) => {
  if (path) {
    session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return parentPort?.postMessage({ id });
  }
  /** @type {Record<string, ort.Tensor>} */
  const tensors = {};
  for (const name in feeds)
    tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
  if (!session) throw new Error('The first message opens the session.');
  const { data } = (await session.run(tensors))[output];
  // Buffers that native code owns cannot be moved.
  return parentPort?.postMessage({ id, data });
});
