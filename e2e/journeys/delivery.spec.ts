import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { launch } from '../../campaigns/kill/browser.ts';
import { makeRegistry } from '../../campaigns/shared/two-versions.mjs';
import { openLab, visitLab } from '../support/lab.ts';
import type { OpenLab } from '../support/lab.ts';
import { LAB } from '../support/paths.ts';
import { startStaticHost } from '../support/static-host.ts';

/** A page with one Perigee and the model `digits`, kept for later calls. */
function load(
  page: Page,
  update: 'local' | 'latest' | 'localUpdateInBackground' = 'latest',
): Promise<string> {
  return page.evaluate(async (update) => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const heard: string[] = [];
    perigee.on('updateready', ({ version }) => heard.push(version));
    const model = await perigee.load('digits', { update, backend: 'cpu' });
    Object.assign(globalThis, { kept: { perigee, model, heard } });
    return model.version;
  }, update);
}

type Kept = {
  kept: {
    perigee: ReturnType<typeof globalThis.lab.createPerigee>;
    model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
    heard: string[];
  };
};
const update = (page: Page): Promise<string> =>
  page.evaluate(() => (globalThis as unknown as Kept).kept.model.update());
const predict = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    return Object.values(
      await model.run({
        [model.signature.inputs[0]!.name]: {
          dtype: 'float32',
          shape: [1, 1, 8, 8],
          data: new Float32Array(64).fill(0.5),
        },
      }),
    )[0]!.data.length;
  });
const objects = (lab: OpenLab): string[] =>
  lab.host.requests.filter(
    (path) => /\/registry\/(blobs|deltas)\//.test(path) && !path.endsWith('.json'),
  );

test('eight tabs, one update: its bytes are fetched once, every tab hears of it and switches', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  const tabs = [lab.page];
  while (tabs.length < 8) {
    const page = await lab.context.newPage();
    await visitLab(page, lab.host);
    tabs.push(page);
  }
  await load(lab.page);
  for (const page of tabs.slice(1)) expect(await load(page, 'local')).toBe('1.0.0');
  await registry.offerNew();
  lab.host.forget();
  expect(await Promise.all(tabs.map(update))).toEqual(tabs.map(() => '1.1.0'));
  const asked = objects(lab);
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set(asked).size).toBe(asked.length);
  for (const page of tabs) expect(await predict(page)).toBe(10);
  await lab.close();
});

test('a tab hears when another one has activated a version, and switches without asking the network', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  const other = await lab.context.newPage();
  await visitLab(other, lab.host);
  await load(lab.page);
  await load(other, 'local');
  await registry.offerNew();
  await update(lab.page);
  await expect
    .poll(() => other.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toEqual(['1.1.0']);
  lab.host.forget();
  expect(await update(other)).toBe('1.1.0');
  expect(lab.host.requests.filter((path) => path.startsWith('/registry/'))).toEqual([]);
  await lab.close();
});

test('a version taken back by its publisher is left for the one that is still here; the log tells both', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  await load(lab.page);
  await registry.offerNew();
  await update(lab.page);
  await registry.takeBack();
  lab.host.forget();
  expect(await update(lab.page)).toBe('1.0.0');
  expect(objects(lab)).toEqual([]);
  const { entries, brokenAt } = await lab.page.evaluate(() =>
    (globalThis as unknown as Kept).kept.perigee.audit(),
  );
  expect([
    brokenAt,
    entries.filter(({ event }) => event === 'activate').map(({ version }) => version),
  ]).toEqual([null, ['1.0.0', '1.1.0', '1.0.0']]);
  await lab.close();
});

/**
 * Whether a path is the script of an inference worker or of the updater. A page starts the updater
 * first.
 */
const isWorkerScript = (path: string): boolean =>
  /\/(inference|updater)-worker-[^/]*\.js$/.test(path);

test('short visits and mounts roll no version back; the start after two crashes while opening does', async () => {
  const { outputDir } = test.info();
  const registry = await makeRegistry(`${outputDir}/registry`);
  const host = await startStaticHost({ '/': LAB.built, '/registry/': registry.folder });
  const start = async (
    visit: (page: Page, kill: () => void) => Promise<unknown>,
  ): Promise<unknown> => {
    const { page, kill, close, ended } = await launch(`${outputDir}/profile`, host);
    const seen = await visit(page, kill).catch((error: Error) => error.message);
    await close();
    await ended;
    return seen;
  };
  const opening = async (page: Page): Promise<void> => {
    const scripts = new Set<string>();
    const opened = new Promise<void>((resolve) =>
      host.onRequest((path) => {
        if (isWorkerScript(path)) scripts.add(path);
        // The second script is that of the inference worker. It is held until the page is gone.
        if (scripts.size === 2) resolve();
        return false;
      }),
    );
    host.hold(
      (path) => scripts.size === 2 && isWorkerScript(path) && [...scripts].indexOf(path) === 1,
    );
    // Without this note, the inference worker starts when the updater has named the version.
    await page.evaluate(() => localStorage.removeItem('perigee:runtime:digits'));
    load(page, 'local').catch(() => undefined);
    await opened;
  };
  const free = (): void => {
    host.onRequest(() => false);
    host.hold(() => false);
  };

  expect(
    await start(async (page) => {
      const version = await load(page, 'latest');
      // The first version answers before it is stored, which dispose() waits for.
      await page.evaluate(() => (globalThis as unknown as Kept).kept.perigee.dispose());
      return version;
    }),
  ).toBe('1.0.0');
  await registry.offerNew();
  expect(await start((page) => load(page, 'latest'))).toBe('1.1.0');
  expect(
    await start(async (page) => {
      const seen = [];
      // An app that mounts and unmounts the model and never predicts.
      for (let mount = 0; mount < 3; mount += 1) {
        seen.push(await load(page, 'local'));
        await page.evaluate(() => (globalThis as unknown as Kept).kept.perigee.dispose());
      }
      // Visits that end with the model loaded.
      for (let visit = 0; visit < 3; visit += 1) {
        await visitLab(page, host);
        seen.push(await load(page, 'local'));
      }
      // Visits that end while the model is opened: first by going to another page, then by closing
      // a tab whose updater ended before, so that only the page can report the end.
      for (let visit = 0; visit < 2; visit += 1) {
        await visitLab(page, host);
        await opening(page);
        await page.goto('about:blank');
        free();
      }
      await visitLab(page, host);
      for (let visit = 0; visit < 2; visit += 1) {
        const tab = await page.context().newPage();
        await tab.addInitScript(() => {
          const Original = globalThis.Worker;
          globalThis.Worker = class extends Original {
            constructor(...args: ConstructorParameters<typeof Original>) {
              super(...args);
              (globalThis as { updater?: Worker }).updater ??= this;
            }
          };
        });
        await visitLab(tab, host);
        await opening(tab);
        await tab.evaluate(() => (globalThis as { updater?: Worker }).updater?.terminate());
        await tab.close();
        free();
      }
      return [...seen, await load(page, 'local')];
    }),
  ).toEqual(Array.from({ length: 7 }, () => '1.1.0'));

  for (let death = 0; death < 2; death += 1) {
    await start(async (page, kill) => {
      await opening(page);
      kill();
    });
    free();
  }
  expect(await start((page) => load(page, 'local'))).toBe('1.0.0');
  // The device does not try 1.1.0 again at once when the registry still offers it.
  expect(await start((page) => load(page, 'latest'))).toBe('1.0.0');
  await host.close();
});

test('the app can go back and stay there', async ({ browser }, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  await load(lab.page);
  await registry.offerNew();
  await update(lab.page);
  const seen = await lab.page.evaluate(async () => {
    const { model, perigee } = (globalThis as unknown as Kept).kept;
    const back = await model.rollback('a user complained');
    await model.pin();
    const { available, reason } = await model.checkForUpdate();
    const { models, kind } = await perigee.storage.report();
    return {
      back,
      available,
      reason,
      kind,
      bad: models
        .filter(({ state }) => state === 'bad')
        .map(({ version, reason: why }) => [version, why]),
    };
  });
  expect(seen).toEqual({
    back: '1.0.0',
    available: false,
    reason: 'pinned to 1.0.0',
    kind: 'indexeddb',
    bad: [['1.1.0', 'a user complained']],
  });
  expect(await predict(lab.page)).toBe(10);
  await lab.close();
});

test('metadata signed by somebody else activates nothing, and the model goes on answering', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  await load(lab.page);
  const { folder } = await makeRegistry(`${outputDir}/other`);
  const { readFile } = await import('node:fs/promises');
  const forged = await readFile(`${folder}/metadata/timestamp.json`);
  lab.host.tamper(
    (path) => path.endsWith('/metadata/timestamp.json'),
    () => forged,
  );
  const stale = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const told = new Promise<string>((resolve) =>
      perigee.on('metadatastale', ({ error }) => resolve(error.code)),
    );
    const model = await perigee.load('digits', { update: 'latest', backend: 'cpu' });
    return { code: await told, version: model.version };
  });
  expect(stale).toEqual({ code: 'UNTRUSTED', version: '1.0.0' });
  await lab.close();
});

test('when the browser has evicted what was stored, it is told and fetched again', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  await load(lab.page);
  await lab.page.evaluate(() => (globalThis as unknown as Kept).kept.perigee.dispose());
  await lab.page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const request = indexedDB.deleteDatabase('perigee');
        request.addEventListener('success', () => resolve());
      }),
  );
  lab.host.forget();
  const evicted = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const told = new Promise<string>((resolve) => perigee.on('evicted', ({ ref }) => resolve(ref)));
    await perigee.load('digits', { update: 'local', backend: 'cpu' });
    return told;
  });
  expect(evicted).toBe('digits');
  expect(objects(lab).length).toBeGreaterThan(0);
  await lab.close();
});

test('latest answers with what is here when the registry is too slow', async ({ browser }, {
  outputDir,
}) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  await load(lab.page);
  await registry.offerNew();
  await lab.page.route('**/metadata/timestamp.json', () => undefined);
  await lab.context.route('**/metadata/timestamp.json', () => undefined);
  const version = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    return (
      await perigee.load('digits', { update: 'latest', latestTimeoutMs: 500, backend: 'cpu' })
    ).version;
  });
  expect(version).toBe('1.0.0');
  await lab.close();
});

test('with encryption at rest nothing of the model stands readable in IndexedDB, and it answers the same', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  const seen = await lab.page.evaluate(async () => {
    const open = () =>
      globalThis.lab
        .createPerigee({ registry: '/registry/', encryptAtRest: true })
        .load('digits', { update: 'local', backend: 'cpu' });
    await open();
    const again = await open();
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('perigee-encrypted');
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error as DOMException));
    });
    const objects = await new Promise<{ keys: IDBValidKey[]; values: ArrayBuffer[] }>((resolve) => {
      const store = database.transaction('objects').objectStore('objects');
      const [keys, values] = [store.getAllKeys(), store.getAll()];
      values.addEventListener('success', () =>
        resolve({ keys: keys.result, values: values.result as ArrayBuffer[] }),
      );
    });
    const digests = await Promise.all(
      objects.values.map(async (value) =>
        [...new Uint8Array(await crypto.subtle.digest('SHA-256', value))]
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join(''),
      ),
    );
    const key = await new Promise<CryptoKey>((resolve) => {
      const request = database.transaction('values').objectStore('values').get('object-key');
      request.addEventListener('success', () => resolve(request.result as CryptoKey));
    });
    return {
      version: again.version,
      readable: digests.filter((digest, i) => digest === objects.keys[i]).length,
      objects: digests.length,
      extractable: key.extractable,
    };
  });
  expect(seen).toMatchObject({ version: '1.0.0', readable: 0, extractable: false });
  expect(seen.objects).toBeGreaterThan(1);
  await lab.close();
});

test('a host that answers 403 for absent files gives a model and its next version', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder, absent: 403 });
  expect(await load(lab.page)).toBe('1.0.0');
  await registry.offerNew();
  expect(await update(lab.page)).toBe('1.1.0');
  await lab.close();
});
