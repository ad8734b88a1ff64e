// Both sides in a page, for the backends that only browsers have. Paths of a case are URLs below
// /data/.
import { loadModel } from 'perigee';
import 'perigee/webgpu';
import { evaluate } from '../evaluate.mjs';

async function sdkSide(url) {
  const model = await loadModel(new URL(url, location.href), { backend: 'webgpu' });
  return { run: (feeds) => model.run(feeds), close: () => model.dispose() };
}

/** The build that the SDK uses too: JSPI where the browser has it. */
async function rawSide(url) {
  const ort =
    'Suspending' in WebAssembly
      ? await import('onnxruntime-web/jspi')
      : await import('onnxruntime-web/webgpu');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(url, {
    executionProviders: ['webgpu'],
    logSeverityLevel: 3,
  });
  return {
    async run(feeds) {
      const answers = await session.run(
        Object.fromEntries(
          Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
            name,
            new ort.Tensor(dtype, data, shape),
          ]),
        ),
      );
      return Object.fromEntries(
        Object.entries(answers).map(([name, { type, dims, data }]) => [
          name,
          { dtype: type, shape: [...dims], data: patterns(data) },
        ]),
      );
    },
    close: () => session.release(),
  };
}

function patterns(data) {
  return data.constructor.name === 'Float16Array'
    ? new Uint16Array(data.buffer, data.byteOffset, data.length)
    : data;
}

async function read(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

globalThis.evaluateCase = (side, item) => evaluate(item, side === 'sdk' ? sdkSide : rawSide, read);
document.title = 'ready';
