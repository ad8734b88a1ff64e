import type { AttributeValue, FuzzTensor } from './compare.mjs';

export function number(field: number, value: number | bigint): number[];
export function message(field: number, payload: readonly number[]): number[];
export function text(field: number, value: string): number[];
export function tensorProto(name: string, tensor: FuzzTensor): number[];
export function valueInfo(
  name: string,
  dtype: string,
  dimensions: number | readonly (number | string)[] | null,
): number[];
export function nodeProto(node: {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly style?: 'proto2' | 'proto3';
}): number[];
export function modelProto(
  graph: readonly number[],
  versions?: { readonly opset?: number; readonly ml?: number; readonly irVersion?: number },
): Uint8Array<ArrayBuffer>;
