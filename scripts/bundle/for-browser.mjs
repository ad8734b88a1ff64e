// Bundles what browsers run into packages/core/dist/browser. Each worker and each build of ONNX
// Runtime is one script without import, export and import.meta. So bundlers copy these files as
// they are, and every minifier, host and kind of worker takes them.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundle, bundleFiles, copyWasm, DIST, ORT } from './write.mjs';

const BROWSER = join(DIST, 'browser');

/**
 * The builds of ONNX Runtime Web: our name → its script, and its wasm file.
 * @type {Readonly<Record<string, readonly [script: string, wasm: string]>>}
 */
const BUILDS = {
  wasm: ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'],
  jspi: ['ort.jspi.bundle.min.mjs', 'ort-wasm-simd-threaded.jspi.wasm'],
  asyncify: ['ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'],
};

/** Resolves to the paths of all files that were bundled. */
export async function bundleForBrowsers() {
  copyWasm(Object.values(BUILDS).map(([, wasm]) => wasm));
  const inputs = await Promise.all([
    bundleWorkers(),
    ...Object.entries(BUILDS).map(([name, [script]]) => bundleRuntime(name, join(ORT, script))),
    bundleInPlace(),
    bundlePages(),
  ]);
  return inputs.flat();
}

function bundleWorkers() {
  return bundle({
    entryPoints: {
      'inference-worker': join(DIST, 'inference/worker.js'),
      'updater-worker': join(DIST, 'updater/worker.js'),
      'tfjs-worker': join(DIST, 'inference/tfjs-worker.js'),
    },
    outdir: BROWSER,
    platform: 'browser',
    format: 'iife',
    minify: true,
    // TensorFlow.js looks for these in Node.
    external: [
      'fs',
      'path',
      'perf_hooks',
      'worker_threads',
      'util',
      'node-fetch',
      'string_decoder',
    ],
  });
}

/**
 * Makes a script of a build of ONNX Runtime. The worker tells the script its address, from which it
 * starts its threads; a thread runs the same script and has the address as its location. The worker
 * also gives it the functions that fetch and compile the wasm (engines/onnx/compiled-wasm.ts).
 * @param {string} name
 * @param {string} path
 */
function bundleRuntime(name, path) {
  return bundle({
    entryPoints: [path],
    outfile: join(BROWSER, `ort.${name}.js`),
    platform: 'browser',
    format: 'iife',
    minify: true,
    globalName: 'perigeeOrt',
    define: {
      'import.meta.url': 'perigeeOrtUrl',
      fetch: 'perigeeOrtFetch',
      'WebAssembly.instantiateStreaming': 'perigeeOrtInstantiate',
    },
    banner: {
      js:
        `var perigeeOrtUrl=globalThis.perigeeOrtUrls?.${name}??location.href,` +
        `perigeeOrtWasm=globalThis.perigeeOrtWasm?.${name},` +
        'perigeeOrtFetch=perigeeOrtWasm?.fetch??fetch,' +
        'perigeeOrtInstantiate=perigeeOrtWasm?.instantiateStreaming??' +
        'WebAssembly.instantiateStreaming;',
    },
    footer: { js: `(globalThis.perigeeOrt??={}).${name}=perigeeOrt;` },
  });
}

/**
 * The workers' code for threads without workers, and the code for small models by file and by name,
 * each in one file. If they shared modules with the main thread's code, bundlers would split that
 * code into more pieces, for every page.
 */
function bundleInPlace() {
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    entryPoints: {
      'in-place': join(DIST, 'in-place/in-place.js'),
      'small-model': join(DIST, 'in-place/small-model.js'),
      'small-release': join(DIST, 'in-place/small-release.js'),
    },
    outdir: BROWSER,
    platform: 'browser',
    format: 'esm',
    minify: true,
    define: { 'import.meta.url': 'location.href' },
  };
  // Bundlers read this file. esbuild removes the comments by which they leave an import() alone.
  const ignored = 'import(/*webpackIgnore:true*//*@vite-ignore*/';
  return bundle(options, (code) => code.replaceAll(/\bimport\(/g, ignored));
}

/** The package for pages without a bundler. Its parts share one state, so they share chunks. */
async function bundlePages() {
  const { inputs, outputs } = await bundleFiles({
    entryPoints: {
      perigee: join(DIST, 'index.js'),
      webgpu: join(DIST, 'webgpu.js'),
      tfjs: join(DIST, 'tfjs.js'),
    },
    outdir: BROWSER,
    chunkNames: 'chunk-[hash]',
    platform: 'browser',
    format: 'esm',
    splitting: true,
    minify: true,
    plugins: [besideEachOther()],
  });
  // The names of chunks change with their content. Those in use stay, for a page that is open.
  for (const path of filesOf(BROWSER).map((name) => join(BROWSER, name)))
    if (basename(path).startsWith('chunk-') && !outputs.includes(path)) rmSync(path);
  return inputs;
}

/** @param {string} folder */
function filesOf(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * Names the files of dist/browser relative to that folder, whatever its name is on a host.
 * @returns {import('esbuild').Plugin}
 */
function besideEachOther() {
  return {
    name: 'beside-each-other',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#(in-place|small-model|small-release)$/ }, ({ path }) => ({
        path: `./${path.slice(1)}.js`,
        external: true,
      }));
      onLoad({ filter: /[\\/](browser-files|webgpu|tfjs)\.js$/ }, ({ path }) => {
        const code = readFileSync(path, 'utf8');
        return { contents: code.replace(/new URL\('\.\.?\/browser\//g, "new URL('./") };
      });
    },
  };
}
