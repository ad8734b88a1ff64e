// A small network written by hand, for its floor: its weights are one array of floats, and plain
// JavaScript multiplies them. Nothing is verified, and only this network can be run.
const LAYERS = [30, 32, 16, 1];

export async function open({ name }) {
  return sideOf(await fetchWeights(name));
}

export async function fetchWeights(name) {
  const response = await fetch(`/models/tfjs/${name}/weights.bin`);
  return response.arrayBuffer();
}

export function sideOf(buffer) {
  const weights = new Float32Array(buffer);
  return {
    run: async ({ input: { data } }) => ({ data: forward(weights, data) }),
    end: async () => undefined,
  };
}

function forward(weights, input) {
  let [values, at] = [input, 0];
  for (let layer = 1; layer < LAYERS.length; layer += 1) {
    const [from, to] = [LAYERS[layer - 1], LAYERS[layer]];
    // The kernel has a row for each input; the biases follow it.
    const sums = weights.slice(at + from * to, at + from * to + to);
    for (let i = 0; i < from; i += 1)
      for (let o = 0; o < to; o += 1) sums[o] += values[i] * weights[at + i * to + o];
    const isLast = layer === LAYERS.length - 1;
    values = isLast ? sums : sums.map((sum) => Math.max(sum, 0));
    at += (from + 1) * to;
  }
  return values;
}
