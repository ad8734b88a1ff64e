import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { visitLab } from '../../e2e/support/lab.ts';
import { LAB } from '../../e2e/support/paths.ts';
import { startStaticHost } from '../../e2e/support/static-host.ts';
import type { StaticHost } from '../../e2e/support/static-host.ts';
import { makeRegistry } from '../shared/two-versions.mjs';
import { launch, load, SAFARI } from './browser.ts';

/** How the store has files. `chunks`: never in one piece, which encryption does. */
type Form = 'blob' | 'opfs' | 'chunks';
type Visit = 'first visit' | 'update' | 'after dispose()';

/** The state of the store that the visit after a kill finds, and its answer without the registry. */
export interface Found {
  readonly form: Form;
  readonly visit: Visit;
  /** The version that is active; null for none. */
  readonly active: string | null;
  /** The files of which all chunks are stored, and how many of them are in one piece. */
  readonly files: readonly [stored: number, inOnePiece: number];
  /** The version that answered; null for none. */
  readonly answer: string | null;
  /** Milliseconds from the end of the load to the answer before the kill. */
  readonly waitedMs: number;
}

/**
 * SIGKILLs Chromium right after an answer, and visits it again on the same profile. The browser
 * that looks at what a kill left makes the next visit: to a new origin, or as an update.
 */
export async function killRightAfter(folder: string, form: Form): Promise<Found[]> {
  const agent = form === 'opfs' ? SAFARI : undefined;
  const isEncrypted = form === 'chunks';
  const database = isEncrypted ? 'perigee-encrypted' : 'perigee';
  const registry = await makeRegistry(join(folder, 'registry'));
  const newHost = (): Promise<StaticHost> =>
    startStaticHost({ '/': LAB.built, '/registry/': registry.folder });
  const [first, second] = [await newHost(), await newHost()];
  const profile = join(folder, form);
  mkdirSync(profile, { recursive: true });
  let browser = await launch(profile, first, agent);
  const visited = async (
    visit: Visit,
    host: StaticHost,
    work: (page: Page) => Promise<number>,
  ): Promise<Found> => {
    await visitLab(browser.page, host);
    const waitedMs = await work(browser.page);
    browser.kill();
    await browser.ended;
    browser = await launch(profile, host, agent);
    host.onRequest((path) => path.startsWith('/registry/'));
    const found = await browser.page.evaluate(lookIntoStore, database);
    const answer = await load(browser.page, 'local', isEncrypted).then(
      ({ version }) => version,
      () => null,
    );
    host.onRequest(() => false);
    return { form, visit, ...found, answer, waitedMs };
  };
  const answerOnce = (page: Page): Promise<number> => page.evaluate(firstAnswer, isEncrypted);
  const found = [await visited('first visit', first, answerOnce)];
  found.push(
    await visited('after dispose()', second, (page) =>
      load(page, 'latest', isEncrypted).then(() => 0),
    ),
  );
  await registry.offerNew();
  found.push(await visited('update', second, answerOnce));
  await browser.close();
  await browser.ended;
  for (const host of [first, second]) await host.close();
  return found;
}

/** Loads the newest version and predicts. Disposes nothing. Runs in the page. */
async function firstAnswer(encryptAtRest: boolean): Promise<number> {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/', encryptAtRest });
  const model = await perigee.load('digits', { update: 'latest', backend: 'wasm' });
  const loadedMs = performance.now();
  const data = Float32Array.from({ length: 64 }, (_, i) => ((i * 7) % 16) / 16);
  await model.run({ image: { dtype: 'float32', shape: [1, 1, 8, 8], data } });
  return performance.now() - loadedMs;
}

/** Runs in the page. */
async function lookIntoStore(of: string): Promise<Pick<Found, 'active' | 'files'>> {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === of)) return { active: null, files: [0, 0] };
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error as Error));
    });
  const database = await settled(indexedDB.open(of));
  if (database.objectStoreNames.length === 0) return { active: null, files: [0, 0] };
  const reading = database.transaction(['versions', 'sizes', 'files', 'pointers']);
  const read = (name: string): Promise<unknown[]> => settled(reading.objectStore(name).getAll());
  const keys = (name: string): Promise<unknown[]> =>
    settled(reading.objectStore(name).getAllKeys());
  const [versions, pointers, objects, pieces] = await Promise.all([
    read('versions'),
    read('pointers'),
    keys('sizes'),
    keys('files'),
  ]);
  database.close();
  const files = (versions as { manifest: Uint8Array }[]).flatMap(({ manifest }) => {
    const { variants } = JSON.parse(new TextDecoder().decode(manifest)) as {
      variants: { files: { sha256: string; chunks: number[] }[]; chunks: { sha256: string }[] }[];
    };
    return variants.flatMap(({ files: list, chunks }) =>
      list.filter((file) => file.chunks.every((index) => objects.includes(chunks[index]?.sha256))),
    );
  });
  const [pointer] = pointers as { active: { version: string } }[];
  return {
    active: pointer?.active.version ?? null,
    files: [files.length, files.filter(({ sha256 }) => pieces.includes(sha256)).length],
  };
}
