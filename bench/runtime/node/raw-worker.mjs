// Hand-written: onnxruntime-node in a worker thread, with the output's buffers transferred back.
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';

let session;
parentPort.on('message', async ({ id, path, feeds, output }) => {
  if (path) {
    session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return parentPort.postMessage({ id });
  }
  const tensors = {};
  for (const name in feeds)
    tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
  const { data } = (await session.run(tensors))[output];
  // Buffers that native code owns cannot be moved.
  parentPort.postMessage({ id, data });
});
