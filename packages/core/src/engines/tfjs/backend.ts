import { localPath } from '#scope';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { PerigeeError } from '../../error.ts';
import { watchDevice } from '../device-loss.ts';
import type { DeviceLoss, LosableDevice } from '../device-loss.ts';
import type { SessionOptions } from '../engine.ts';

export type Tf = typeof TensorFlow;

export interface StartedBackend {
  readonly tf: Tf;
  /** What sees a GPU go; null on the CPU. */
  readonly loss: DeviceLoss | null;
  /** Whether a WebGL context was lost: results read afterwards are zeros. */
  isLost(): boolean;
}

let started: Promise<StartedBackend> | undefined;
let startedName: string | undefined;

/**
 * TensorFlow.js on one backend, whose package is downloaded when first asked for. A worker has one model, so one backend at a time.
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export function startBackend(options: SessionOptions): Promise<StartedBackend> {
  if (startedName !== options.backend) started = start(options);
  startedName = options.backend;
  started?.catch(() => (startedName = undefined));
  return started as Promise<StartedBackend>;
}

async function start(options: SessionOptions): Promise<StartedBackend> {
  const { backend } = options;
  const tf = await import('@tensorflow/tfjs-core');
  // Says "use the native build" on every start in Node otherwise.
  tf.env().set('PROD', true);
  try {
    await registerBackend(tf, options);
    if (!(await tf.setBackend(backend))) throw new Error('it could not be started here');
    await tf.ready();
  } catch (cause) {
    throw new PerigeeError('BACKEND_UNAVAILABLE', `TensorFlow.js' backend "${backend}" did not start: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause, details: { backend } });
  }
  const own = tf.backend() as { readonly device?: LosableDevice; readonly gpgpu?: { readonly gl: WebGLRenderingContext } };
  return {
    tf,
    loss: backend === 'webgpu' && own.device ? watchDevice(own.device) : null,
    isLost: () => own.gpgpu?.gl.isContextLost() ?? false,
  };
}

async function registerBackend(tf: Tf, { backend, wasmUrl }: SessionOptions): Promise<void> {
  if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else if (backend === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
  else if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else if (backend === 'wasm') {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const simd = wasmUrl === null ? bundledWasm() : new URL('tfjs-backend-wasm-simd.wasm', wasmUrl).href;
    setWasmPaths({ 'tfjs-backend-wasm-simd.wasm': simd, 'tfjs-backend-wasm.wasm': simd, 'tfjs-backend-wasm-threaded-simd.wasm': simd });
    // Its threads start from a script in a Blob, which strict pages forbid and bundlers break.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  } else throw new Error('it has no such backend');
}

/** Copied beside this file when the package is built: the form of URL that bundlers follow. */
function bundledWasm(): string {
  return localPath(new URL('./tfjs-backend-wasm-simd.wasm', import.meta.url));
}
