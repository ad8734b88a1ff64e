// Bundles what Node runs into packages/core/dist/node: the workers, the engines, which are no
// dependencies of the package, and the package for require().
import { join } from 'node:path';
import { bundle, copyOnce, copyWasm, DIST, ORT } from './write.mjs';

const NODE = join(DIST, 'node');
/** TensorFlow.js uses these names of CommonJS modules. */
const COMMON_JS = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __dirname = import.meta.dirname ?? '';
const __filename = import.meta.filename ?? '';`;
/** jsdom, in which jest runs tests of pages, has no MessageChannel. */
const FOR_COMMON_JS = `const perigeeUrl = require('node:url').pathToFileURL(__filename).href;
const perigeeChannel = require('node:worker_threads').MessageChannel;`;
const ORT_WASM = 'ort-wasm-simd-threaded.wasm';

/** Bundles the workers and the engines. Resolves to the paths of all files that were bundled. */
export async function bundleForNode() {
  copyWasm([ORT_WASM]);
  copyOnce(join(ORT, 'ort-wasm-simd-threaded.mjs'), join(NODE, 'ort-wasm-simd-threaded.mjs'));
  const inputs = await Promise.all([bundleRuntime(), bundleWorkers(), bundleTfjsWorker()]);
  return inputs.flat();
}

/** The build of ONNX Runtime Web for Node. Its wasm file is the one of browsers. */
function bundleRuntime() {
  const contents = `
    import ort from './ort.node.min.mjs';
    export * from './ort.node.min.mjs';
    export default ort;
    const wasm = new URL('../browser/${ORT_WASM}', import.meta.url).href;
    ort.env.wasm.wasmPaths = { wasm };`;
  return bundle({
    stdin: { contents, resolveDir: ORT },
    outfile: join(NODE, 'ort.js'),
    platform: 'node',
    format: 'esm',
  });
}

/**
 * Each worker in one file, and the code for small models. A thread that reads a hundred modules
 * instead takes three times as long to start.
 */
function bundleWorkers() {
  return bundle({
    entryPoints: {
      'inference-worker': join(DIST, 'inference/worker.js'),
      'updater-worker': join(DIST, 'updater/worker.js'),
      'small-model': join(DIST, 'in-place/small-model.js'),
      'small-release': join(DIST, 'in-place/small-release.js'),
    },
    outdir: NODE,
    platform: 'node',
    format: 'esm',
    external: ['onnxruntime-node', '#ort'],
  });
}

function bundleTfjsWorker() {
  return bundle({
    entryPoints: [join(DIST, 'inference/tfjs-worker.js')],
    outfile: join(NODE, 'tfjs-worker.js'),
    platform: 'node',
    format: 'esm',
    // Used only where there is no global fetch.
    external: ['node-fetch'],
    banner: { js: COMMON_JS },
  });
}

/** The package for require(). Its workers are the ES modules that import() starts, too. */
export function bundleCommonJs() {
  return bundle({
    entryPoints: { index: join(DIST, 'index.js') },
    outExtension: { '.js': '.cjs' },
    outdir: NODE,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': 'perigeeUrl', MessageChannel: 'perigeeChannel' },
    banner: { js: FOR_COMMON_JS },
  });
}
