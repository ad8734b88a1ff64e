import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findCases } from './cases.mjs';
import { pool } from './pool.mjs';

/** @typedef {import('./types.d.ts').CaseResult} CaseResult */
/** @typedef {import('./types.d.ts').SideResult} SideResult */

const TIMEOUT_MS = 120_000;

/** Codes with which the instant engine declines a model. */
const DECLINED = new Set(['UNSUPPORTED_OPERATOR', 'UNSUPPORTED_MODEL', 'BACKEND_UNAVAILABLE']);

/**
 * Runs every case below `data` through the SDK and through the raw runtime, each in processes of
 * its own.
 * @param {import('./types.d.ts').ConformOptions} options
 * @returns {Promise<CaseResult[]>}
 */
export async function conform({
  data,
  filter = '',
  backend = 'native',
  size = availableParallelism(),
  timeoutMs = TIMEOUT_MS,
  onProgress = () => undefined,
}) {
  const cases = findCases(data, filter);
  const items = cases.filter(({ skipped }) => skipped === undefined);
  const script = join(
    import.meta.dirname,
    backend === 'webgpu' ? 'browser-child.mjs' : 'child.mjs',
  );
  /**
   * @param {'raw' | 'sdk'} side
   * @param {readonly import('./types.d.ts').TestCase[]} some
   */
  const walk = (side, some) => {
    let done = 0;
    return pool(some, {
      script,
      args: backend === 'webgpu' ? [side, data] : [side, backend],
      // A browser uses all cores by itself.
      size: backend === 'webgpu' ? 1 : size,
      timeoutMs,
      isPoisoned,
      onDone: () => onProgress({ side, done: ++done, total: some.length }),
    });
  };
  const raw = await walk('raw', items);
  const sdk = (await walk('sdk', items)).map((result) => declined(result, backend));
  // A model that draws random numbers passes now and then. So a case counts as a loss only if the
  // raw runtime passes it twice.
  const results = new Map(items.map((item, i) => [item, { raw: raw[i], sdk: sdk[i] }]));
  const lost = [...results].filter(([, result]) => isLoss(result)).map(([item]) => item);
  const again = await walk('raw', lost);
  for (const [i, item] of lost.entries())
    results.set(item, { raw: again[i], sdk: results.get(item)?.sdk });
  return cases.map((item) => ({
    name: item.name,
    ...(results.get(item) ?? { skipped: item.skipped }),
  }));
}

/**
 * A wasm runtime that aborted answers every later call with an error, so its process is started
 * anew.
 * @param {SideResult} result
 */
function isPoisoned({ status, reason = '' }) {
  return (
    status === 'refused' &&
    /abort|unreachable|out of bounds|RuntimeError|OrtGetLastError|device.*(lost|destroyed)/i.test(
      reason,
    )
  );
}

/**
 * The instant engine is for small models of a few operators, and declines others. A wrong answer or
 * any other error still counts.
 * @param {SideResult} result
 * @param {string} backend
 * @returns {SideResult}
 */
function declined(result, backend) {
  return backend === 'cpu' && result.status === 'refused' && DECLINED.has(result.code ?? '')
    ? { ...result, status: 'declined' }
    : result;
}

/** @param {Pick<CaseResult, 'raw' | 'sdk'>} result */
function isLoss({ raw, sdk }) {
  return raw?.status === 'passed' && sdk?.status !== 'passed' && sdk?.status !== 'declined';
}

/**
 * Cases grouped by result. `loss`: the raw runtime passes, the SDK does not.
 * @param {readonly CaseResult[]} results
 */
export function sortOut(results) {
  /** @type {Record<'both' | 'loss' | 'gain' | 'neither' | 'declined' | 'skipped', CaseResult[]>} */
  const groups = { both: [], loss: [], gain: [], neither: [], declined: [], skipped: [] };
  for (const result of results) {
    const raw = result.raw?.status === 'passed';
    const sdk = result.sdk?.status === 'passed';
    if (result.skipped !== undefined) groups.skipped.push(result);
    else if (result.sdk?.status === 'declined') groups.declined.push(result);
    else groups[raw && sdk ? 'both' : raw ? 'loss' : sdk ? 'gain' : 'neither'].push(result);
  }
  return groups;
}
