import { testBatches } from './batches.contract.ts';
import { testDocuments } from './documents.contract.ts';
import { testRollUp } from './roll-up.contract.ts';
import type { CollectorStore } from './store.ts';
import { testSums } from './sums.contract.ts';

/**
 * The contract of every collector store: exact sums, and each batch counted once.
 * @param open opens a store; the same name gives the same data
 * @param refusesShapes true if commit refuses wrong shapes; other stores leave them out of sums
 * @param reopen opens the data as a crash leaves it
 */
export function testCollectorStore(
  kind: string,
  open: (name: string) => Promise<CollectorStore>,
  { refusesShapes = true, reopen = open } = {},
): void {
  const store = { kind, open, reopen, refusesShapes };
  testBatches(store);
  testSums(store);
  testDocuments(store);
  testRollUp(store);
}
