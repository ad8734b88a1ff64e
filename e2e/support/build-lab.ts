import { build } from 'vite';
import { LAB } from './paths.ts';

/** Before all journeys: the lab page, built as a user's Vite app with no configuration is. */
export default async function buildLab(): Promise<void> {
  await build({ root: LAB.source, configFile: false, logLevel: 'warn', build: { outDir: LAB.built, emptyOutDir: true } });
}
