import type { Choice } from './case.ts';
import { casesOf } from './cases.ts';
export { GROUP_NAMES } from './cases.ts';
import { checkCases } from './check-case.ts';
import type { Place } from './check-case.ts';

/** Reads the files of the cases from this folder of the host. */
function placeIn(folder: string): Place {
  const addressOf = (file: string): string =>
    new URL(folder + file.split('/').map(encodeURIComponent).join('/'), location.href).href;
  return {
    urlOf: addressOf,
    read: async (file) => new Uint8Array(await (await fetch(addressOf(file))).arrayBuffer()),
  };
}

/**
 * Checks every n-th case of a group on this page, with the files of a folder of its host. Returns a
 * line for each fault.
 */
export function faultsIn(
  group: string,
  backend: Choice,
  { every = 1, folder = '/models/' } = {},
): Promise<string[]> {
  const cases = casesOf(group, backend).filter((_, i) => i % every === 0);
  return checkCases(cases, backend, placeIn(folder));
}
