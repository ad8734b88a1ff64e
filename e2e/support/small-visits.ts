import { expect } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { openLab, visitLab } from './lab.ts';
import type { OpenLab } from './lab.ts';
import { smallVersions } from './small-versions.ts';
import type { SmallVersions } from './small-versions.ts';

/** Visits of a page that loads the small model `wdbc` by name. */

type Perigee = ReturnType<typeof globalThis.lab.createPerigee>;
export type Model = Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
export type Kept = {
  kept: { perigee: Perigee; model: Model; heard: string[]; startedByLoad: string[] };
};
/** The kinds of the workers that a page has started, after `listWorkers()`. */
export type Listed = { startedWorkers: string[] };
type Config = Parameters<typeof globalThis.lab.createPerigee>[0];
type Options = Parameters<Perigee['load']>[1];

/** Loads the model and makes one prediction. Both are kept for later calls. */
export function answer(page: Page, options: Options = {}, config: Config = {}) {
  return page.evaluate(
    async ([given, more]) => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/', ...more });
      const heard: string[] = [];
      perigee.on('updateready', ({ version }) => heard.push(version));
      const model = await perigee.load('wdbc', { update: 'local', ...given });
      const startedByLoad = [...((globalThis as unknown as Partial<Listed>).startedWorkers ?? [])];
      Object.assign(globalThis, { kept: { perigee, model, heard, startedByLoad } });
      const { output } = await model.predict(Array.from({ length: 30 }, (_, i) => i));
      const { version, inPlace } = model;
      return { version, inPlace, output };
    },
    [options, config] as const,
  );
}

/** As `answer`, in a new page of the same browser. */
export async function visit(lab: OpenLab, options: Options = {}, config: Config = {}) {
  await visitLab(lab.page, lab.host);
  return answer(lab.page, options, config);
}

/** Lets the pages to come list the workers that they start, as `startedWorkers`. */
export async function listWorkers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const started: string[] = [];
    globalThis.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        started.push(/(\w+)-worker/.exec(String(url))?.[1] ?? String(url));
      }
    };
    Object.assign(globalThis, { startedWorkers: started });
  });
}

/** The kinds of the workers that the page had started when its model was loaded. */
export const startedByLoad = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as Kept).kept.startedByLoad);

/** The kinds of all workers that the page has started. */
export const startedWorkers = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as Listed).startedWorkers);

/** A telemetry address that nothing is sent to before these tests end. */
export const TELEMETRY = { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 };

export const dispose = (page: Page): Promise<void> =>
  page.evaluate(() => (globalThis as unknown as Kept).kept.perigee.dispose());

/** A browser that has the first version. A backend is asked for, so no other is tried. */
export async function openVisited(
  browser: Browser,
  folder: string,
  backend: 'cpu' | 'wasm' = 'cpu',
): Promise<{ lab: OpenLab; registry: SmallVersions; first: Awaited<ReturnType<typeof answer>> }> {
  const registry = await smallVersions(folder);
  const lab = await openLab(browser, { registry: registry.folder });
  await listWorkers(lab.page);
  const first = await answer(lab.page, { backend });
  expect(first).toMatchObject({ version: '1.0.0', inPlace: false });
  await dispose(lab.page);
  return { lab, registry, first };
}

/** The counts of the model, without times and without the random group of the browser. */
export function counts(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { perigee } = (globalThis as unknown as Kept).kept;
    const { next } = (await perigee.telemetry.preview()) as { next: Record<string, unknown>[] };
    const leftOut = /^group$|latency|median/i;
    return JSON.parse(
      JSON.stringify(next, (key, value: unknown) => (leftOut.test(key) ? undefined : value)),
    ) as unknown;
  });
}

/** Changes one byte of everything that the browser keeps in an object store. */
export function damage(page: Page, store: 'files' | 'objects'): Promise<void> {
  return page.evaluate(async (name) => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('perigee');
      request.addEventListener('success', () => resolve(request.result));
    });
    const ask = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)));
    const flipped = async (blob: Blob): Promise<Blob> => {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      bytes[bytes.length >> 1]! ^= 1;
      return new Blob([bytes]);
    };
    const form = async (value: unknown): Promise<unknown> => {
      if (value instanceof Blob) return flipped(value);
      if (value instanceof ArrayBuffer) return (await flipped(new Blob([value]))).arrayBuffer();
      if (ArrayBuffer.isView(value))
        return new Uint8Array(
          await (await flipped(new Blob([value as Uint8Array<ArrayBuffer>]))).arrayBuffer(),
        );
      const entries = Object.entries(value as object);
      return Object.fromEntries(
        await Promise.all(
          entries.map(async ([key, one]) => [
            key,
            typeof one === 'object' && one !== null && !Array.isArray(one) ? await form(one) : one,
          ]),
        ),
      );
    };
    const read = database.transaction(name).objectStore(name);
    const [keys, values] = await Promise.all([ask(read.getAllKeys()), ask(read.getAll())]);
    for (const [index, value] of values.entries()) {
      const damaged = await form(value);
      await ask(
        database.transaction(name, 'readwrite').objectStore(name).put(damaged, keys[index]),
      );
    }
    database.close();
  }, store);
}
