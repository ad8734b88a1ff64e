import type { Signature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import { throughGate } from '../../runtime/native-gate.ts';
import type { SessionOptions } from '../engine.ts';
import type { DeviceLoss } from '../device-loss.ts';
import type { GpuBinding } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/** `native` is onnxruntime-node, an optional peer; `wasm` is onnxruntime-web, whose default entry outside browsers is its Node build. */
export async function loadOrt(options: SessionOptions): Promise<OrtModule> {
  if (options.backend === 'wasm') return import('onnxruntime-web');
  if (options.backend === 'native') return loadNative();
  throw new PerigeeError('BACKEND_UNAVAILABLE', `The backend "${options.backend}" exists in browsers only; in Node use "native" or "wasm".`);
}

let native: Promise<OrtModule> | undefined;

/** Once a thread, and whole: a thread that ends in the middle of it takes the process with it. */
function loadNative(): Promise<OrtModule> {
  native ??= throughGate(() => import('onnxruntime-node')).catch((cause: unknown) => {
    native = undefined;
    throw new PerigeeError(
      'BACKEND_UNAVAILABLE',
      'The backend "native" needs the package onnxruntime-node: run "npm install '
        + 'onnxruntime-node", or use backend "wasm".',
      { cause },
    );
  }) as unknown as Promise<OrtModule>;
  return native;
}

/** From a file beside it, in milliseconds. */
export const IS_COMPILED_LATE = false;

export function executionProviders(options: SessionOptions): string[] {
  return [options.backend === 'native' ? 'cpu' : 'wasm'];
}

export function usableThreads(options: SessionOptions): number {
  return options.threads;
}

/** Native calls of one thread must not be cut off: see runtime/native-gate.ts. */
export function guarded<T>(options: SessionOptions, work: () => Promise<T>): Promise<T> {
  return options.backend === 'native' ? throughGate(work) : work();
}

export function watchGpu(_ort: OrtModule, _options: SessionOptions): Promise<DeviceLoss | null> {
  return Promise.resolve(null);
}

export function bindGpu(_ort: OrtModule, _session: OrtSession, _signature: Signature, _options: SessionOptions): Promise<GpuBinding | null> {
  return Promise.resolve(null);
}
