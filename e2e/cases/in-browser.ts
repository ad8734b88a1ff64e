import type { Choice } from './case.ts';
import { casesOf } from './cases.ts';
import { checkCases } from './check-case.ts';
import type { Place } from './check-case.ts';

const addressOf = (file: string): string =>
  new URL(`/models/${file.split('/').map(encodeURIComponent).join('/')}`, location.href).href;

const place: Place = {
  urlOf: addressOf,
  read: async (file) => new Uint8Array(await (await fetch(addressOf(file))).arrayBuffer()),
};

/** Checks every n-th case of a group on this page. Returns a line for each fault. */
export function faultsIn(group: string, backend: Choice, every: number): Promise<string[]> {
  const cases = casesOf(group, backend).filter((_, i) => i % every === 0);
  return checkCases(cases, backend, place);
}
