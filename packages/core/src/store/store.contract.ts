import { testBatches } from './batches.contract.ts';
import { testObjects } from './objects.contract.ts';
import { testOpening } from './opening.contract.ts';
import type { ModelStore } from './store.ts';
import { testValues } from './values.contract.ts';
import { testVersions } from './versions.contract.ts';

/**
 * Tests the contract of every store, in Node and in browsers. `open` returns a store on the same
 * data for the same name, as a reload does. Stores that are `encrypted` or keep `chunks` have no
 * packed files.
 */
export function testStore(
  kind: ModelStore['kind'],
  open: (name: string) => Promise<ModelStore>,
  how?: 'encrypted' | 'chunks',
): void {
  let names = 0;
  const fresh = (): string => `contract-${kind}-${++names}-${Math.random().toString(36).slice(2)}`;
  const store = { kind, open, fresh, how };
  testObjects(store);
  testVersions(store);
  testValues(store);
  testBatches(store);
  testOpening(store);
}
