import type { AttributeValue, DATA_TYPE } from '@perigee/registry/onnx';

export type Verdict = 'agreed' | 'refused' | 'unchecked' | 'different';

export interface FuzzTensor {
  readonly dtype: keyof typeof DATA_TYPE;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown> & (ArrayBufferView | readonly string[]);
}
export type FuzzTensors = Readonly<Record<string, FuzzTensor>>;

export interface NodeCase {
  readonly op: string;
  readonly domain?: string;
  readonly opset: number;
  readonly style?: 'proto2' | 'proto3';
  readonly inputs: readonly (FuzzTensor | null)[];
  readonly constants?: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Their dtypes. */
  readonly outputs: readonly string[];
  readonly tolerance?: number;
}

export interface Run {
  readonly outputs?: FuzzTensors;
  readonly failure?: string;
}

export function check(one: NodeCase): Promise<{ readonly verdict: Verdict; readonly how?: string }>;
export function runReference(bytes: Uint8Array, feeds: FuzzTensors): Promise<Run>;
export function difference(
  got: FuzzTensors,
  expected: FuzzTensors,
  tolerance?: number,
): string | null;
