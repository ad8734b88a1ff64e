// Models of one node, from a case.
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';

/** @typedef {import('./types.d.ts').FuzzTensor} FuzzTensor */

/**
 * Versions of the operators, unless a case sets them.
 * @type {Readonly<Record<string, number>>}
 */
const DEFAULT_OPSETS = { '': 17, 'ai.onnx.ml': 3 };

/**
 * The bytes of a case's model, and its feeds.
 * @param {import('./types.d.ts').NodeCase} one
 * @param {(input: FuzzTensor) => import('@perigee/registry/onnx').DeclaredShape} [sizesOf] the
 *   dimensions that an input declares; without it all are free
 */
export function modelOf(
  { op, domain = '', opset, inputs, constants = [], attributes = {}, outputs, style },
  sizesOf = ({ shape }) => shape.length,
) {
  const given = inputs.flatMap((value, i) => (value ? [{ name: `x${i}`, value, i }] : []));
  const weights = given.filter(({ i }) => constants.includes(i));
  const fed = given.filter(({ i }) => !constants.includes(i));
  const graph = [
    node(
      op,
      inputs.map((value, i) => (value ? `x${i}` : '')),
      outputs.map((_, i) => `y${i}`),
      attributes,
      { domain, isProto3: style === 'proto3' },
    ),
    ...weights.map(({ name, value }) => initializer(name, value)),
    ...fed.map(({ name, value }) => graphInput(name, value.dtype, sizesOf(value))),
    ...outputs.map((dtype, i) => graphOutput(`y${i}`, dtype)),
  ];
  const opsets = { ...DEFAULT_OPSETS, [domain]: opset ?? DEFAULT_OPSETS[domain] };
  return {
    bytes: model(graph, { opsets }),
    feeds: Object.fromEntries(fed.map(({ name, value }) => [name, value])),
  };
}
