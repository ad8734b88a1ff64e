import { constructorOf } from '../typed-array.ts';
import type { TypedArray } from '../typed-array.ts';

/**
 * Arrays of at least this size are transferred in recycled buffers, smaller ones are cloned by the
 * message: for large arrays, allocating costs more than copying (bench/RESULTS.md).
 */
export const LARGE_BYTES = 32 * 1024;
const MAX_POOLED_BYTES = 64 * 1024 * 1024;

/**
 * Buffers for copies of inputs. Large ones are transferred to the worker and come back with the
 * answer.
 */
export interface BufferPool {
  /** Copies an array into a buffer of the pool. */
  copy(source: TypedArray): TypedArray;
  /** Takes a buffer back. If they become too many, all are dropped. */
  giveBack(buffer: ArrayBuffer): void;
}

export function createBufferPool(): BufferPool {
  // Free buffers by exact size, since the inputs of a model have few sizes.
  const free = new Map<number, ArrayBuffer[]>();
  let pooledBytes = 0;
  return {
    copy(source) {
      const { byteLength } = source;
      const buffer = free.get(byteLength)?.pop();
      if (buffer) pooledBytes -= byteLength;
      const copied = new (constructorOf(source))(buffer ?? new ArrayBuffer(byteLength));
      copied.set(source);
      return copied;
    },
    giveBack(buffer) {
      const { byteLength } = buffer;
      pooledBytes += byteLength;
      if (pooledBytes > MAX_POOLED_BYTES) {
        pooledBytes = 0;
        return free.clear();
      }
      const same = free.get(byteLength) ?? [];
      free.set(byteLength, same);
      same.push(buffer);
    },
  };
}
