/**
 * Lets ONNX models run on WebGPU and WebNN in browsers: `import 'perigee/webgpu'`. Bundlers then
 * emit the builds of ONNX Runtime that have these backends. In Node the import does nothing.
 *
 * @packageDocumentation
 */
import { addFiles } from './runtime/browser-files.ts';

addFiles({
  'ort.jspi.js': () => new URL('./browser/ort.jspi.js', import.meta.url),
  'ort-wasm-simd-threaded.jspi.wasm': () =>
    new URL('./browser/ort-wasm-simd-threaded.jspi.wasm', import.meta.url),
  'ort.asyncify.js': () => new URL('./browser/ort.asyncify.js', import.meta.url),
  'ort-wasm-simd-threaded.asyncify.wasm': () =>
    new URL('./browser/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url),
});
