// Written by hand, with the duties of a model by name and nothing else. First visit: the release is
// fetched and verified, its session passes a golden sample, and the file is written meanwhile.
// Later: the file is read, and its digest is checked while the session is made. No signature is
// checked, and no version is chosen or watched.
import { sha256Hex, toleranceFor } from '../../../../packages/registry/dist/index.js';
import { keepModel, openDatabase, readModel } from './database.js';
import { fetchRelease } from './verified-release.js';
import { startRuntime } from './verified-runtime.js';

let ort;
let session;
let kept;

self.onmessage = async ({ data: { id, open, end, feeds, output } }) => {
  if (open) return self.postMessage({ id, ...(await openModel(open)) });
  if (end) return self.postMessage({ id, kept: await kept });
  const { data } = (await run(feeds))[output];
  self.postMessage({ id, data }, [data.buffer]);
};

async function openModel({ name, threads, compiled }) {
  const start = performance.now();
  const runtime = startRuntime(threads, compiled);
  const database = await openDatabase('verified');
  const known = await readModel(database, name);
  const release = known ? undefined : await fetchRelease(name);
  const bytes = release?.bytes ?? new Uint8Array(await known.file.arrayBuffer());
  const readMs = performance.now() - start;
  const digest = known && sha256Hex(bytes);
  if (release)
    kept = keepModel(database, name, { sha256: release.sha256, file: new Blob([bytes]) });
  const { ort: started, module } = await runtime;
  ort = started;
  session = await ort.InferenceSession.create(bytes);
  if (known && (await digest) !== known.sha256) throw new Error(`The file of ${name} is damaged.`);
  const createMs = performance.now() - start - readMs;
  if (release) await passGolden(release);
  return { timing: { readMs, createMs }, compiled: await module };
}

function run(feeds) {
  const tensors = {};
  for (const name in feeds)
    tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
  return session.run(tensors);
}

async function passGolden({ manifest, golden }) {
  const { atol, rtol } = toleranceFor(manifest.golden.tolerance, manifest.variants[0].id, 'wasm');
  for (const { feeds, outputs } of golden.samples) {
    const got = await run(
      Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, typed(feed)])),
    );
    for (const [name, { data }] of Object.entries(outputs))
      for (const [i, value] of data.entries())
        if (!(Math.abs(got[name].data[i] - value) <= atol + rtol * Math.abs(value)))
          throw new Error(`The golden sample fails: ${name}[${i}] is ${got[name].data[i]}.`);
  }
}

function typed({ dtype, shape, data }) {
  const values = dtype === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data);
  return { dtype, shape, data: values };
}
