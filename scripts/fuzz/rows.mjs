import { relateRows } from '../../packages/core/dist/engines/onnx/shapes/rows.js';
import { runReference } from './compare.mjs';
import { inferred, shapeDifference } from './shapes.mjs';
import { makeGraph } from './graphs.mjs';

/** @typedef {import('./types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('./types.d.ts').FuzzTensors} FuzzTensors */
/** @typedef {import('./types.d.ts').MadeGraph} MadeGraph */

/**
 * The separate calls: number of rows, and magnitude of the values.
 * @type {readonly (readonly [rows: number, size: number])[]}
 */
const CALLS = [
  [1, 1],
  [2, 50],
  [1, 0.01],
];
const TOLERANCE = 1e-4;

/**
 * Checks all inferred shapes against the real ones. If rows are inferred to be independent, runs
 * calls alone and together.
 * @param {number} seed
 * @returns {Promise<{ verdict: 'different' | 'unchecked' | ReturnType<typeof relateRows>,
 *   how?: string, made: MadeGraph }>} `different` with a text, `unchecked`, or else the inferred
 *   relation of the rows
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

/**
 * @param {import('./graphs.mjs').Graph} graph
 * @param {ReturnType<typeof inferred>} values
 */
function wrongShape(graph, values) {
  for (const [name, { shape }] of graph.tensors) {
    const known = values.get(name)?.shape;
    const how = known && shapeDifference(known, shape);
    if (how) return `${name}: ${how}`;
  }
  return null;
}

/**
 * The difference between the rows of calls that run together and alone; null if they agree, or if a
 * call does not run alone.
 * @param {Uint8Array} bytes
 * @param {readonly FuzzTensors[]} calls
 */
export async function mixed(bytes, calls) {
  const alone = [];
  for (const feeds of calls) {
    const { outputs } = await runReference(bytes, feeds);
    if (!outputs) return null;
    alone.push(outputs);
  }
  const { outputs, failure } = await runReference(bytes, stack(calls));
  if (!outputs) return `together they fail: ${String(failure).slice(0, 200)}`;
  for (const [name, together] of Object.entries(outputs)) {
    const how = mixedTensor(
      together,
      alone.map((tensors) => tensors[name]),
    );
    if (how) return `${name}${how}`;
  }
  return null;
}

/**
 * @param {FuzzTensor} together the rows of all calls
 * @param {readonly FuzzTensor[]} parts the rows of each call
 */
function mixedTensor({ shape, data }, parts) {
  if (parts.some((part) => part.shape.slice(1).join() !== shape.slice(1).join()))
    return ` is [${shape}] together, [${parts.map((part) => part.shape.join())}] alone`;
  let at = 0;
  for (const part of parts) {
    const wanted = Array.from(part.data, Number);
    const scale = Math.max(...wanted.map(Math.abs).filter(Number.isFinite), 0);
    for (const [i, want] of wanted.entries()) {
      const got = Number(data[at + i]);
      if (got === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
      if (!(Math.abs(got - want) <= TOLERANCE * (1e-2 + scale)))
        return `[${at + i}] is ${got} together, ${want} alone`;
    }
    at += part.data.length;
  }
  return at === data.length ? null : ` has ${data.length} values together, ${at} alone`;
}

/**
 * @param {readonly FuzzTensors[]} calls
 * @returns {FuzzTensors}
 */
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
          data: Float32Array.from(parts.flatMap(({ data }) => Array.from(data, Number))),
        },
      ];
    }),
  );
}
