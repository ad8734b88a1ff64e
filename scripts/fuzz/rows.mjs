import { relateRows } from '../../packages/core/dist/engines/onnx/shapes/rows.js';
import { runReference } from './compare.mjs';
import { inferred, shapeDifference } from './shapes.mjs';
import { makeGraph } from './graphs.mjs';

/** The separate calls: number of rows, and magnitude of the values. */
const CALLS = [
  [1, 1],
  [2, 50],
  [1, 0.01],
];
const TOLERANCE = 1e-4;

/**
 * Checks all inferred shapes against the real ones. If rows are inferred to be independent, runs
 * calls alone and together.
 * @returns `different` with a text, `unchecked`, or else the inferred relation of the rows
 */
export async function checkGraph(seed) {
  const made = await makeGraph(seed);
  const { graph, outputs } = made;
  if (outputs.length === 0) return { verdict: 'unchecked', made };
  const bytes = graph.bytes(outputs);
  const wrong = wrongShape(graph, inferred(bytes, 2));
  if (wrong) return { verdict: 'different', how: wrong, made };
  const verdict = relateRows(bytes);
  if (verdict !== 'independent') return { verdict, made };
  const how = await mixed(
    bytes,
    CALLS.map(([rows, size], i) => graph.feeds(rows, seed + i, size)),
  );
  return how ? { verdict: 'different', how, made } : { verdict, made };
}

function wrongShape(graph, values) {
  for (const [name, { shape }] of graph.tensors) {
    const how = shapeDifference({ ...values.get(name), values: null }, { shape });
    if (how) return `${name}: ${how}`;
  }
  return null;
}

/** How calls get other rows together than alone; null if they do not, or do not run alone. */
export async function mixed(bytes, calls) {
  const alone = [];
  for (const feeds of calls) alone.push(await runReference(bytes, feeds));
  if (alone.some(({ failure }) => failure)) return null;
  const together = await runReference(bytes, stack(calls));
  if (together.failure) return `together they fail: ${together.failure.slice(0, 200)}`;
  for (const [name, { shape, data }] of Object.entries(together.outputs)) {
    const parts = alone.map(({ outputs }) => outputs[name]);
    if (parts.some((part) => part.shape.slice(1).join() !== shape.slice(1).join()))
      return `${name} is [${shape}] together, [${parts.map((part) => part.shape.join())}] alone`;
    let at = 0;
    for (const part of parts) {
      const scale = Math.max(
        ...Array.from(part.data, (one) => Math.abs(Number(one))).filter(Number.isFinite),
        0,
      );
      for (const [i, want] of Array.from(part.data, Number).entries()) {
        const got = Number(data[at + i]);
        if (got === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
        if (!(Math.abs(got - want) <= TOLERANCE * (1e-2 + scale)))
          return `${name}[${at + i}] is ${got} together, ${want} alone`;
      }
      at += part.data.length;
    }
    if (at !== data.length) return `${name} has ${data.length} values together, ${at} alone`;
  }
  return null;
}

function stack(calls) {
  return Object.fromEntries(
    Object.entries(calls[0]).map(([name, { dtype, shape }]) => {
      const parts = calls.map((feeds) => feeds[name]);
      const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
      return [
        name,
        {
          dtype,
          shape: [rows, ...shape.slice(1)],
          data: Float32Array.from(parts.flatMap(({ data }) => [...data])),
        },
      ];
    }),
  );
}
