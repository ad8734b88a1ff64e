import { PerigeeError } from '../../error.ts';
import type { SessionOptions } from '../engine.ts';
import type { OrtModule } from './ort-types.ts';

/** `native` is onnxruntime-node, an optional peer; `wasm` is onnxruntime-web, whose default entry outside browsers is its Node build. */
export async function loadOrt(options: SessionOptions): Promise<OrtModule> {
  if (options.backend === 'wasm') return import('onnxruntime-web');
  if (options.backend === 'native') {
    return import('onnxruntime-node').catch((cause: unknown) => {
      throw new PerigeeError('BACKEND_UNAVAILABLE', 'The backend "native" needs the package onnxruntime-node: run "npm install onnxruntime-node", or use backend "wasm".', { cause });
    }) as unknown as Promise<OrtModule>;
  }
  throw new PerigeeError('BACKEND_UNAVAILABLE', `The backend "${options.backend}" exists in browsers only; in Node use "native" or "wasm".`);
}

export function executionProviders(options: SessionOptions): string[] {
  return [options.backend === 'native' ? 'cpu' : 'wasm'];
}

export function usableThreads(options: SessionOptions): number {
  return options.threads;
}
