/**
 * Lets TensorFlow.js models run in browsers: `import 'perigee/tfjs'`. Bundlers then emit the worker
 * that contains TensorFlow.js. In Node the import does nothing, because its worker is always there.
 *
 * @packageDocumentation
 */
import { addFiles } from './runtime/browser-files.ts';

addFiles({
  'tfjs-worker.js': () => new URL('./browser/tfjs-worker.js', import.meta.url),
  'tfjs-backend-wasm-simd.wasm': () =>
    new URL('./browser/tfjs-backend-wasm-simd.wasm', import.meta.url),
});
