/** Softmax: exp(v − max) / Σ exp(v − max). Subtracting the maximum prevents overflow. */
export function softmax(values: ArrayLike<number>): Float32Array {
  let max = -Infinity;
  for (let i = 0; i < values.length; i += 1) max = Math.max(max, values[i] ?? -Infinity);
  const result = Float32Array.from(values, (value) => Math.exp(value - max));
  let sum = 0;
  for (const value of result) sum += value;
  return result.map((value) => value / sum);
}

/** The logistic sigmoid of each value: 1 / (1 + exp(−v)). */
export function sigmoid(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, (value) => 1 / (1 + Math.exp(-value)));
}
