import type { Signature } from '@perigee/registry';
import type { Backend } from '../../config.ts';
import type { SessionOptions } from '../engine.ts';
import { startedFromElsewhere } from '../../runtime/browser-scope.ts';
import { watchDevice } from '../device-loss.ts';
import type { DeviceLoss, LosableDevice } from '../device-loss.ts';
import { bindToGpu } from './gpu-binding.ts';
import type { GpuBinding, GpuDevice } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/** Whether the browser has JSPI (JavaScript Promise Integration). */
const HAS_JSPI = 'Suspending' in WebAssembly;

/**
 * Loads the build of ONNX Runtime Web for a backend, which is downloaded on first use:
 * - CPU: the plain wasm build. The others contain a GPU provider that doubles their size.
 * - WebGPU and WebNN: the JSPI build if the browser has JSPI, else the asyncify build.
 *
 * The default (JSEP) build is not used: version 1.30 refuses a Conv that leaves out both
 * `dilations` and `kernel_shape`, which ONNX allows.
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
 * The URL of the wasm file. If ONNX Runtime gets only a folder, it also imports a script from
 * there, which a service worker forbids.
 */
function wasmFile(backend: Backend, folder: string): string {
  const build = backend === 'wasm' ? '' : HAS_JSPI ? '.jspi' : '.asyncify';
  return new URL(`ort-wasm-simd-threaded${build}.wasm`, new URL(folder, location.href)).href;
}

/** The wasm is compiled when the first session is made. */
export const IS_COMPILED_LATE = true;

export function executionProviders({
  backend,
}: SessionOptions): (string | { name: string; deviceType: string })[] {
  // Without a device type, WebNN uses the CPU, which the wasm backend already covers.
  return [backend === 'webnn' ? { name: backend, deviceType: 'gpu' } : backend];
}

/**
 * The number of threads that can be used. More than one thread needs shared memory: the page must
 * be cross-origin isolated. Some browsers (WebKitGTK) report isolation but have no
 * SharedArrayBuffer. Threads also need workers of our script. A service worker cannot start them,
 * and neither can a script from another origin. The GPU builds run their CPU part on one thread.
 */
export function usableThreads(options: SessionOptions): number {
  if (options.backend !== 'wasm') return 1;
  const shared = globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function';
  return shared && typeof Worker === 'function' && !startedFromElsewhere() ? options.threads : 1;
}

/** Runs `work` as it is: browsers have no native calls to guard. */
export function guarded<T>(_options: SessionOptions, work: () => Promise<T>): Promise<T> {
  return work();
}

/** Watches the GPU device for its loss; null for other backends than WebGPU. */
export async function watchGpu(
  ort: OrtModule,
  { backend }: SessionOptions,
): Promise<DeviceLoss | null> {
  return backend === 'webgpu' ? watchDevice((await ort.env.webgpu.device) as LosableDevice) : null;
}

/** Makes GPU buffers for inputs and outputs; null if they do not suit the model or backend. */
export async function bindGpu(
  ort: OrtModule,
  session: OrtSession,
  signature: Signature,
  { backend }: SessionOptions,
): Promise<GpuBinding | null> {
  return backend === 'webgpu'
    ? bindToGpu(ort, session, signature, (await ort.env.webgpu.device) as GpuDevice)
    : null;
}
