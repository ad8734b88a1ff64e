// TensorFlow.js on its wasm backend.
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env, ready, setBackend } from '@tensorflow/tfjs-core';
import { answer } from './answer.ts';
import { digitsInTfjs } from './digits-in-tfjs.ts';

const BUILDS = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
];

answer(async (bytes, wasm) => {
  // A page has one of the builds. TensorFlow.js asks for the names of all of them.
  setWasmPaths(Object.fromEntries(BUILDS.map((name) => [name, wasm])));
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await setBackend('wasm');
  await ready();
  return digitsInTfjs(bytes);
});
