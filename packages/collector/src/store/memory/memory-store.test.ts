import { testCollectorStore } from '../store.contract.ts';
import type { CollectorStore } from '../store.ts';
import { openMemoryStore } from './memory-store.ts';

/** The data of this process, by name. */
const opened = new Map<string, CollectorStore>();

testCollectorStore('memory', async (name) => {
  const store = opened.get(name) ?? openMemoryStore();
  opened.set(name, store);
  return store;
});
