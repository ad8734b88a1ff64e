import { localPath } from '#scope';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import { watchDevice } from '../device-loss.ts';
import type { DeviceLoss, LosableDevice } from '../device-loss.ts';
import type { SessionOptions } from '../engine.ts';
import { startFault } from './start-fault.ts';

export type Tf = typeof TensorFlow;

export interface StartedBackend {
  readonly tf: Tf;
  /** Watches the WebGPU device for its loss; null on other backends. */
  readonly loss: DeviceLoss | null;
  /** Whether a WebGL context was lost: results read afterwards are zeros. */
  isLost(): boolean;
}

let started: Promise<StartedBackend> | undefined;
let startedName: string | undefined;

/**
 * Starts TensorFlow.js on one backend, whose package is downloaded on first use. A worker has one
 * model, so it has one backend at a time.
 * @throws PerigeeError BACKEND_UNAVAILABLE, INVALID_CONFIG
 */
export function startBackend(options: SessionOptions): Promise<StartedBackend> {
  if (startedName !== options.backend) started = start(options);
  startedName = options.backend;
  started?.catch(() => (startedName = undefined));
  return started as Promise<StartedBackend>;
}

async function start(options: SessionOptions): Promise<StartedBackend> {
  const { backend } = options;
  const wasmFile = backend === 'wasm' ? wasmFileOf(options) : null;
  let tf: Tf;
  try {
    tf = await import('@tensorflow/tfjs-core');
    // Without this, TensorFlow.js advises the native build on every start in Node.
    tf.env().set('PROD', true);
    await registerBackend(tf, options.backend, wasmFile);
    rememberFault(tf, backend);
    if (!(await tf.setBackend(backend)))
      throw faults.get(backend) ?? new Error('it is not available here');
    await tf.ready();
  } catch (cause) {
    throw await startFault(backend, cause, wasmFile);
  }
  const own = tf.backend() as {
    readonly device?: LosableDevice;
    readonly gpgpu?: { readonly gl: WebGLRenderingContext };
  };
  return {
    tf,
    loss: backend === 'webgpu' && own.device ? watchDevice(own.device) : null,
    isLost: () => own.gpgpu?.gl.isContextLost() ?? false,
  };
}

async function registerBackend(tf: Tf, backend: Backend, wasmFile: string | null): Promise<void> {
  if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else if (backend === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
  else if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else if (backend === 'wasm' && wasmFile !== null) {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths({
      'tfjs-backend-wasm-simd.wasm': wasmFile,
      'tfjs-backend-wasm.wasm': wasmFile,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmFile,
    });
    // The threads start from a script in a Blob, which strict pages forbid and bundlers break.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  } else throw new Error('TensorFlow.js has no such backend');
}

const faults = new Map<Backend, unknown>();

/**
 * Wraps the factory of a backend to keep the reason of a failed start. TensorFlow.js itself only
 * returns false.
 */
function rememberFault(tf: Tf, backend: Backend): void {
  const factory = tf.findBackendFactory(backend);
  if (faults.has(backend) || !factory) return;
  faults.set(backend, undefined);
  const keep = (cause: unknown): never => {
    faults.set(backend, cause);
    throw cause;
  };
  tf.removeBackend(backend);
  tf.registerBackend(backend, () => {
    try {
      const made = factory();
      return made instanceof Promise ? made.catch(keep) : made;
    } catch (cause) {
      return keep(cause);
    }
  });
}

function wasmFileOf({ files, wasmUrl }: SessionOptions): string {
  const file = files['tfjs-backend-wasm-simd.wasm'];
  if (file === undefined)
    throw new PerigeeError(
      'INVALID_CONFIG',
      `The option wasmUrl is ${JSON.stringify(wasmUrl)}. Give the absolute URL of a ` +
        'folder, with a slash at its end.',
    );
  return localPath(new URL(file));
}
