import type { AttributeValue, DATA_TYPE } from '@perigee/registry/onnx';
import type { Graph } from './graphs.mjs';
import type { Random } from './random.mjs';

export type Verdict = 'agreed' | 'refused' | 'unchecked' | 'different';
export type Dtype = keyof typeof DATA_TYPE;
export type Shape = readonly number[];
export type Attributes = Record<string, AttributeValue>;

export interface FuzzTensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly data: ArrayLike<unknown> & Iterable<unknown> & (ArrayBufferView | readonly string[]);
}
export type FuzzTensors = Readonly<Record<string, FuzzTensor>>;

/** Limits of random values. */
export interface Range {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** No special values, such as NaN. */
  readonly tame?: boolean | undefined;
  /** No values whose sums depend on the order of computation. */
  readonly isOrderless?: boolean | undefined;
}

/** A model of one node. */
export interface NodeCase {
  readonly op: string;
  readonly domain?: string;
  /** Absent: a version that has the operator. */
  readonly opset?: number | undefined;
  readonly style?: 'proto2' | 'proto3';
  readonly inputs: readonly (FuzzTensor | null)[];
  /** Indexes of the inputs that are weights. */
  readonly constants?: readonly number[];
  readonly attributes?: Readonly<Attributes>;
  /** Dtypes of the outputs. */
  readonly outputs: readonly Dtype[];
  readonly tolerance?: number;
}

export type Generator = (random: Random) => NodeCase;

/** The case of a seed. */
export interface Case extends NodeCase {
  readonly seed: number;
  readonly kind: string;
}

/** The outputs of a run, or the reason why it gives none. */
export interface Run {
  readonly outputs?: FuzzTensors;
  readonly failure?: string;
}

/** A tensor of a graph. */
export interface Picked {
  readonly name: string;
  readonly shape: Shape;
  readonly rank: number;
}

/** Adds nodes to a graph. Returns the name of the last output, or null if nothing fits. */
export type Step = (g: Graph) => string | null;

/** The graph of a seed, and the names of its outputs. */
export interface MadeGraph {
  readonly seed: number;
  readonly graph: Graph;
  readonly outputs: readonly string[];
}
