import { attribute, unsupported } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';

/**
 * The post_transform of an operator of `ai.onnx.ml`, for a row of scores.
 * @throws PerigeeError UNSUPPORTED_OPERATOR for one that this engine does not have
 */
export function postTransform(node: GraphNode): (scores: readonly number[]) => readonly number[] {
  const name = attribute(node, 'post_transform', 'NONE');
  if (name === 'NONE') return (scores) => scores;
  if (name === 'LOGISTIC') return (scores) => scores.map(logistic);
  if (name === 'SOFTMAX') return (scores) => softmax(scores, () => true);
  // Scores of zero stay zero.
  if (name === 'SOFTMAX_ZERO')
    return (scores) => softmax(scores, (score) => Math.abs(score) > 1e-7);
  throw unsupported(node, `with the post-transform ${name}`);
}

export function logistic(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

function softmax(scores: readonly number[], counts: (score: number) => boolean): readonly number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => (counts(score) ? Math.exp(score - most) : 0));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
