import { LIMITS } from './limits.ts';
import type { Dataset, Governance, Metric } from './manifest.ts';
import type { Reader } from './reader.ts';

const TEXTS = [
  'owner',
  'intendedUse',
  'outOfScopeUse',
  'baseModel',
  'codeCommit',
  'trainedWith',
  'quantization',
] as const;

/**
 * Reads the governance part of a manifest.
 * @throws RegistryError INVALID_MANIFEST
 * @example
 * ```ts
 * const governance = readGovernance(reader({ owner: 'Vision team' }));
 * ```
 */
export function readGovernance(root: Reader): Governance {
  const metrics = root.optional('metrics', (list) => list.list(LIMITS.metrics, readMetric));
  const datasets = root.optional('datasets', (list) => list.list(LIMITS.datasets, readDataset));
  const texts = TEXTS.flatMap((name) => {
    const text = root.optional(name, (field) => field.text());
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    ...Object.fromEntries(texts),
    ...(metrics && { metrics }),
    ...(datasets && { datasets }),
  };
}

function readMetric(item: Reader): Metric {
  const [dataset, slice] = [
    item.optional('dataset', (field) => field.text(256)),
    item.optional('slice', (field) => field.text(256)),
  ];
  const [rows, measured] = [
    item.optional('rows', (field) => field.integer(0, Number.MAX_SAFE_INTEGER)),
    item.optional('measured', (field) => field.boolean()),
  ];
  return {
    name: item.field('name').text(LIMITS.nameLength),
    value: item.field('value').number(),
    ...(dataset !== undefined && { dataset }),
    ...(slice !== undefined && { slice }),
    ...(rows !== undefined && { rows }),
    ...(measured !== undefined && { measured }),
  };
}

function readDataset(item: Reader): Dataset {
  const [sha256, license, url] = [
    item.optional('sha256', (field) => field.sha256()),
    item.optional('license', (field) => field.text(256)),
    item.optional('url', (field) => field.text(2_048)),
  ];
  return {
    name: item.field('name').text(256),
    ...(sha256 !== undefined && { sha256 }),
    ...(license !== undefined && { license }),
    ...(url !== undefined && { url }),
  };
}
