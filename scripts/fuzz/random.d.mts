import type { FuzzTensor } from './compare.mjs';

export class Random {
  constructor(seed: number);
  next(): number;
  between(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  shape(rank?: number, most?: number): number[];
}

export function tensor(
  random: Random,
  dtype: string,
  shape: readonly number[],
  options?: {
    readonly low?: number;
    readonly high?: number;
    readonly tame?: boolean;
    readonly isOrderless?: boolean;
  },
): FuzzTensor;

export function int64(values: readonly (number | bigint)[], shape?: readonly number[]): FuzzTensor;
export function floats(values: readonly number[], shape?: readonly number[]): FuzzTensor;
