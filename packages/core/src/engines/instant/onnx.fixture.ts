import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import type { AttributeValue, ElementType } from '@perigee/registry/onnx';
import type { Tensor } from '../../tensor.ts';

/** Opset of ONNX's own operators where the node is of another domain. */
const OPSET = 15;

export interface OneNode {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs: readonly (Tensor | null)[];
  /** Indexes of the inputs that are weights. */
  readonly constants?: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Dtype and rank of each output. */
  readonly outputs: readonly (readonly [dtype: ElementType, rank: number])[];
}

/** The bytes of a model of one node, and its feeds. */
export function oneNodeModel({
  op,
  domain = '',
  opset = OPSET,
  inputs,
  constants = [],
  attributes = {},
  outputs,
}: OneNode): { bytes: Uint8Array; feeds: Record<string, Tensor> } {
  const given = inputs.flatMap((tensor, i) => (tensor ? [{ name: `x${i}`, tensor, i }] : []));
  const weights = given.filter(({ i }) => constants.includes(i));
  const fed = given.filter(({ i }) => !constants.includes(i));
  const graph = [
    node(
      op,
      inputs.map((tensor, i) => (tensor ? `x${i}` : '')),
      outputs.map((_, i) => `y${i}`),
      attributes,
      { domain },
    ),
    ...weights.map(({ name, tensor }) => initializer(name, tensor)),
    ...fed.map(({ name, tensor }) => graphInput(name, tensor.dtype, tensor.shape.length)),
    ...outputs.map(([dtype, rank], i) => graphOutput(`y${i}`, dtype, rank)),
  ];
  return {
    bytes: model(graph, { opsets: { '': OPSET, [domain]: opset } }),
    feeds: Object.fromEntries(fed.map(({ name, tensor }) => [name, tensor])),
  };
}
