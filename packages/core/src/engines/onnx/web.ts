import type { Signature } from '@perigee/registry';
import type { Backend } from '../../config.ts';
import type { SessionOptions } from '../engine.ts';
import { startedFromElsewhere } from '../../runtime/browser-scope.ts';
import { watchDevice } from '../device-loss.ts';
import type { DeviceLoss, LosableDevice } from '../device-loss.ts';
import { bindToGpu } from './gpu-binding.ts';
import type { GpuBinding, GpuDevice } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/** Names the asyncify build's gap: WebAssembly.Suspending is JSPI. */
const HAS_JSPI = 'Suspending' in WebAssembly;

/**
 * The build of ONNX Runtime Web for a backend, downloaded when first asked for. Plain wasm for the CPU: the others carry a GPU provider
 * that doubles their size. For WebGPU and WebNN the JSPI build where the browser has JSPI, else asyncify. The default (JSEP) build is not
 * used: 1.30 refuses a Conv that leaves out both `dilations` and `kernel_shape`, which ONNX allows.
 */
export async function loadOrt(options: SessionOptions): Promise<OrtModule> {
  const ort =
    options.backend === 'wasm'
      ? await import('onnxruntime-web/wasm')
      : HAS_JSPI
        ? await import('onnxruntime-web/jspi')
        : await import('onnxruntime-web/webgpu');
  if (options.wasmUrl !== null)
    ort.env.wasm.wasmPaths =
      typeof Worker === 'function'
        ? options.wasmUrl
        : { wasm: wasmFile(options.backend, options.wasmUrl) };
  return ort;
}

/**
 * The address of the wasm file. Given only a folder, ONNX Runtime also imports a script from it,
 * which a service worker forbids.
 */
function wasmFile(backend: Backend, folder: string): string {
  const build = backend === 'wasm' ? '' : HAS_JSPI ? '.jspi' : '.asyncify';
  return new URL(`ort-wasm-simd-threaded${build}.wasm`, new URL(folder, location.href)).href;
}

/** The wasm is compiled when the first session is made. */
export const IS_COMPILED_LATE = true;

export function executionProviders({ backend }: SessionOptions): (string | { name: string; deviceType: string })[] {
  // Without a device type WebNN takes the CPU, which wasm has already.
  return [backend === 'webnn' ? { name: backend, deviceType: 'gpu' } : backend];
}

/**
 * Threads that work here. More than one needs shared memory: the page must be cross-origin
 * isolated, and some browsers (WebKitGTK) say they are and still have no SharedArrayBuffer. It
 * needs workers of our script too: there are none in a service worker, nor where the script is of
 * another origin. The GPU build runs its CPU part on one.
 */
export function usableThreads(options: SessionOptions): number {
  if (options.backend !== 'wasm') return 1;
  const shared = globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function';
  return shared && typeof Worker === 'function' && !startedFromElsewhere() ? options.threads : 1;
}

/** Nothing here is native. */
export function guarded<T>(_options: SessionOptions, work: () => Promise<T>): Promise<T> {
  return work();
}

/** What sees the GPU go; null where there is none. */
export async function watchGpu(ort: OrtModule, { backend }: SessionOptions): Promise<DeviceLoss | null> {
  return backend === 'webgpu' ? watchDevice((await ort.env.webgpu.device) as LosableDevice) : null;
}

/** Buffers for inputs and outputs that stay on the GPU; null where they do not suit the model. */
export async function bindGpu(ort: OrtModule, session: OrtSession, signature: Signature, { backend }: SessionOptions): Promise<GpuBinding | null> {
  return backend === 'webgpu' ? bindToGpu(ort, session, signature, (await ort.env.webgpu.device) as GpuDevice) : null;
}
