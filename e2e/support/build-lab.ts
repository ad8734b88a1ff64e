import { buildLabFiles } from './lab-files.mjs';
import { buildStores } from './build-stores.mjs';
import { LAB, STORES } from './paths.ts';

/** Runs before all journeys: builds the lab page and the contract of the stores. */
export default async function buildLab(): Promise<void> {
  await buildLabFiles(LAB.built);
  await buildStores(STORES.built);
}
