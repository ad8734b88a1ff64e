import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findCases } from './cases.mjs';
import { pool } from './pool.mjs';

const TIMEOUT_MS = 120_000;

/** Codes with which the instant engine declines a model. */
const DECLINED = new Set(['UNSUPPORTED_OPERATOR', 'UNSUPPORTED_MODEL', 'BACKEND_UNAVAILABLE']);

/**
 * Runs every case below `data` through the SDK and through the raw runtime, each in processes of
 * its own.
 * @param onProgress called with { side, done, total } after each case
 * @returns {Promise<{ name: string, skipped?: string, sdk?: object, raw?: object }[]>}
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
  const lost = items
    .map((_, index) => index)
    .filter(
      (index) =>
        raw[index].status === 'passed' &&
        sdk[index].status !== 'passed' &&
        sdk[index].status !== 'declined',
    );
  for (const [at, result] of (
    await walk(
      'raw',
      lost.map((index) => items[index]),
    )
  ).entries())
    raw[lost[at]] = result;

  const indexes = new Map(items.map((item, index) => [item, index]));
  return cases.map((item) => {
    const index = indexes.get(item);
    return index === undefined
      ? { name: item.name, skipped: item.skipped }
      : { name: item.name, raw: raw[index], sdk: sdk[index] };
  });
}

/**
 * A wasm runtime that aborted answers every later call with an error, so its process is started
 * anew.
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
 */
function declined(result, backend) {
  return backend === 'cpu' && result.status === 'refused' && DECLINED.has(result.code)
    ? { ...result, status: 'declined' }
    : result;
}

/** Cases grouped by result. `loss`: the raw runtime passes, the SDK does not. */
export function sortOut(results) {
  const passed = ({ raw, sdk }) => [raw?.status === 'passed', sdk?.status === 'passed'];
  const groups = { both: [], loss: [], gain: [], neither: [], declined: [], skipped: [] };
  for (const result of results) {
    const [raw, sdk] = passed(result);
    if (result.skipped !== undefined) groups.skipped.push(result);
    else if (result.sdk.status === 'declined') groups.declined.push(result);
    else groups[raw && sdk ? 'both' : raw ? 'loss' : sdk ? 'gain' : 'neither'].push(result);
  }
  return groups;
}
