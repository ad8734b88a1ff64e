import { buildLabFiles } from './lab-files.mjs';
import { buildOfflineApp } from './build-offline-app.ts';
import { buildStores } from './build-stores.mjs';
import { LAB, STORES } from './paths.ts';

/**
 * Runs before all journeys: builds the lab page, the app that is kept for offline use, and the
 * contract of the stores.
 */
export default async function buildLab(): Promise<void> {
  await buildLabFiles(LAB.built);
  await buildOfflineApp();
  await buildStores(STORES.built);
}
