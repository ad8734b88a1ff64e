import type { Signature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { CompiledWasm } from '../../runtime/runtime.ts';
import { throughGate } from '../../runtime/native-gate.ts';
import type { SessionOptions } from '../engine.ts';
import type { DeviceLoss } from '../device-loss.ts';
import type { GpuBinding } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/**
 * Loads ONNX Runtime. `native` is onnxruntime-node, an optional peer dependency. `wasm` is
 * onnxruntime-web, whose build for Node is in this package.
 */
export async function loadOrt(options: SessionOptions): Promise<OrtModule> {
  if (options.backend === 'wasm') return import('#ort');
  if (options.backend === 'native') return loadNative();
  throw new PerigeeError(
    'BACKEND_UNAVAILABLE',
    `The backend "${options.backend}" exists in browsers only; in Node use "native" or "wasm".`,
  );
}

let native: Promise<OrtModule> | undefined;

/**
 * Loads onnxruntime-node once per thread. The gate keeps the thread alive meanwhile: if it ended
 * during the load, the process would end, too.
 */
function loadNative(): Promise<OrtModule> {
  native ??= throughGate(() => import('onnxruntime-node')).catch((cause: unknown) => {
    native = undefined;
    throw new PerigeeError(
      'BACKEND_UNAVAILABLE',
      'The backend "native" needs the package onnxruntime-node: run "npm install ' +
        'onnxruntime-node", or use backend "wasm".',
      { cause },
    );
  }) as unknown as Promise<OrtModule>;
  return native;
}

/** Node's workers read the wasm from a file each, in milliseconds. */
export function compiledWasm(): CompiledWasm {
  return {};
}

/** False: the Node build reads its wasm from a file beside it, in milliseconds. */
export const IS_COMPILED_LATE = false;

export function executionProviders(options: SessionOptions): string[] {
  return [options.backend === 'native' ? 'cpu' : 'wasm'];
}

export function usableThreads(options: SessionOptions): number {
  return options.threads;
}

/** Runs `work` so that the end of the thread does not cut off a native call (native-gate.ts). */
export function guarded<T>(options: SessionOptions, work: () => Promise<T>): Promise<T> {
  return options.backend === 'native' ? throughGate(work) : work();
}

export function watchGpu(_ort: OrtModule, _options: SessionOptions): Promise<DeviceLoss | null> {
  return Promise.resolve(null);
}

export function bindGpu(
  _ort: OrtModule,
  _session: OrtSession,
  _signature: Signature,
  _options: SessionOptions,
): Promise<GpuBinding | null> {
  return Promise.resolve(null);
}
