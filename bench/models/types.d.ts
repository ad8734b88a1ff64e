import type { AttributeValue } from '@perigee/registry/onnx';

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export type WeightData = Float32Array | Int8Array | BigInt64Array;

export interface Weight<Data extends WeightData = WeightData> {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Data;
}

export interface Parts {
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Weight[];
}

export interface GraphOptions {
  /**
   * Weights of convolutions become int8 per output channel, and matrices are multiplied in int8.
   */
  readonly int8?: boolean;
  /** Changes nodes and weights before they are written. */
  readonly edit?: (parts: Parts) => Parts;
}

/** An input or output of a graph. */
export interface Port {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly dtype: 'float32' | 'int64';
}

/** The .onnx file, and its weights in order. */
export interface MadeModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly weights: readonly Weight[];
}

export interface ModelInput {
  readonly name: string;
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
}

/** A model: its inputs and the name of its output. */
export interface NamedModel {
  readonly name: string;
  readonly title: string;
  readonly inputs: readonly ModelInput[];
  readonly output: string;
  /** Files beside the model's own that have its weights. */
  readonly beside?: readonly string[];
  /** Calls in one group of a round. */
  readonly calls?: number;
  /** A call takes 20 ms or more. */
  readonly large?: boolean;
  /** Calls before anything is timed, where the number differs. */
  readonly warmUp?: number;
}

/** A model that is compared with its peers. */
export interface BenchModel extends NamedModel {
  /** Calls in one group of a round. */
  readonly calls: number;
  /** Number of groups. */
  readonly rounds: number;
  /** Calls at once when concurrency is measured. */
  readonly burst: number;
  /** Used in a quick run where a figure needs a page. */
  readonly quick?: boolean;
  /** The peers that have the same network. */
  readonly peers: readonly string[];
}

export type Feeds = Record<
  string,
  {
    readonly dtype: 'float32' | 'int64';
    readonly shape: readonly number[];
    readonly data: Float32Array | BigInt64Array;
  }
>;

/** A tensor of a model of TensorFlow.js. */
export interface LayerWeight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A layer and its weights. */
export interface Layer {
  readonly layer: object;
  readonly weights: readonly LayerWeight[];
}
