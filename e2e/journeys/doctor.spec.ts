import { chromium, expect, test } from '@playwright/test';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Finding, PerigeeConfig } from 'perigee';
import { makeRegistry } from '../../campaigns/shared/two-versions.mjs';
import { openLab, visitLab } from '../support/lab.ts';
import { LAB } from '../support/paths.ts';
import { startStaticHost } from '../support/static-host.ts';
import { prefixScript } from '../support/worker-script.ts';

/** Findings of `doctor()` on devices that are really degraded, each in one way. */

const ORT = fileURLToPath(new URL('../../node_modules/onnxruntime-web/dist', import.meta.url));

function diagnose(page: Page, config: PerigeeConfig): Promise<readonly Finding[]> {
  return page.evaluate(async (given) => {
    const perigee = globalThis.lab.createPerigee(given);
    const findings = await perigee.doctor();
    await perigee.dispose();
    return findings;
  }, config);
}

/** Each text is one sentence that ends in a full stop. */
const SENTENCE = expect.stringMatching(/^\S[^.]*(\.\S[^.]*)*\.$/) as unknown as string;
const sentences = { what: SENTENCE, why: SENTENCE, remedy: SENTENCE };

/** The storage findings after loading the demo's digits in an origin with this quota. */
async function ofStorage(
  browser: Browser,
  folder: string,
  quotaSize: number,
  otherBytes = 0,
): Promise<readonly Finding[]> {
  const registry = await makeRegistry(folder);
  const lab = await openLab(browser, { registry: registry.folder });
  const devtools = await lab.context.newCDPSession(lab.page);
  const { origin } = new URL(lab.page.url());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  const findings = await lab.page.evaluate(async (size) => {
    if (size > 0) await (await caches.open('app')).put('/app', new Response(new Uint8Array(size)));
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    await perigee.load('digits', { backend: 'cpu', update: 'local' });
    return perigee.doctor();
  }, otherBytes);
  await lab.close();
  return findings.filter(({ id }) => /^(storage|model)/.test(id) && id !== 'storage-not-persisted');
}

test('without room, a model that is not kept is named', async ({ browser }, { outputDir }) => {
  expect(await ofStorage(browser, `${outputDir}/registry`, 1)).toMatchObject([
    {
      ...sentences,
      id: 'model-not-kept',
      severity: 'warning',
      what: 'digits@1.0.0 will be gone with this page.',
    },
  ]);
});

test('storage that is nearly full is told before it is full', async () => {
  const { outputDir } = test.info();
  const { launchOptions } = test.info().project.use;
  // Without this flag Chromium reports a quota of 10 GB above the usage, whatever the disk has.
  const args = [...(launchOptions?.args ?? []), '--disable-features=StaticStorageQuota'];
  const browser = await chromium.launch({ ...launchOptions, args });
  expect(await ofStorage(browser, `${outputDir}/registry`, 21_250_000, 20_000_000)).toMatchObject([
    {
      ...sentences,
      id: 'storage-nearly-full',
      severity: 'warning',
      why: expect.stringMatching(/^9\d % of the storage of this origin is used\.$/) as unknown,
      remedy: expect.stringContaining('perigee.remove') as unknown,
    },
  ]);
  await browser.close();
});

test('a store that can be read, but has no room to write to, is full and not broken', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  lab.host.tamper(
    (path) => /\/assets\/(inference|updater)-worker-[^/]*\.js$/.test(path),
    prefixScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function withoutRoom(value: unknown, key?: IDBValidKey) {
        if (key === 'doctor') throw new DOMException('No room.', 'QuotaExceededError');
        return put.call(this, value, key);
      };
    }),
  );
  const findings = await diagnose(lab.page, {});
  expect(findings.filter(({ id }) => /^storage-(nearly|failed)/.test(id))).toMatchObject([
    {
      ...sentences,
      id: 'storage-nearly-full',
      why: 'There is no room to write to.',
    },
  ]);
  await lab.close();
});

test('a wasm file of another content type is named, with its type', async ({ browser }) => {
  const types = { '.wasm': 'application/octet-stream' };
  const lab = await openLab(browser, { types });
  const findings = await diagnose(lab.page, { store: 'memory' });
  expect(findings.filter(({ id }) => id === 'wasm-wrong-type')).toMatchObject([
    {
      ...sentences,
      severity: 'warning',
      what: expect.stringMatching(
        /^ort-wasm-.*\.wasm is compiled only after it has arrived/,
      ) as unknown,
      why: 'It is served as application/octet-stream.',
    },
  ]);
  await lab.close();
});

test('a service worker, which has no Worker, is told to load models elsewhere', async ({
  browser,
}) => {
  const lab = await openLab(browser, { folders: { '/ort/': ORT } });
  const answer = await lab.page.evaluate(async () => {
    const worker = await globalThis.lab.serviceWorker('sw-classic.js', 'classic');
    return globalThis.lab.ask(worker, { source: '', doctor: true, wasmUrl: '/ort/' });
  });
  const { findings } = answer as { readonly findings: readonly Finding[] };
  expect(findings.filter(({ id }) => id === 'workers-absent')).toMatchObject([
    {
      ...sentences,
      severity: 'warning',
      why: 'There is no Worker here, as in a service worker.',
    },
  ]);
  await lab.close();
});

/** A browser whose user blocks site data, and with it IndexedDB. */
async function blockingBrowser(folder: string): Promise<BrowserContext> {
  await mkdir(`${folder}/Default`, { recursive: true });
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(`${folder}/Default/Preferences`, JSON.stringify(settings));
  const { launchOptions } = test.info().project.use;
  return chromium.launchPersistentContext(folder, launchOptions);
}

test('a browser that blocks IndexedDB is told that models go with the page', async () => {
  const host = await startStaticHost({ '/': LAB.built });
  const context = await blockingBrowser(`${test.info().outputDir}/profile`);
  const page = await context.newPage();
  await visitLab(page, host);
  const findings = await diagnose(page, {});
  expect(findings.filter(({ id }) => id.startsWith('storage'))).toMatchObject([
    {
      ...sentences,
      id: 'storage-in-memory',
      severity: 'warning',
      why: 'The browser blocks IndexedDB here.',
    },
  ]);
  await context.close();
  await host.close();
});

test('a folder as store is refused in a browser', async ({ browser }) => {
  const lab = await openLab(browser);
  const refused = await lab.page.evaluate(() =>
    globalThis.lab
      .createPerigee({ store: { folder: 'models' } })
      .models()
      .catch(({ code, message }: { code: string; message: string }) => ({ code, message })),
  );
  expect(refused).toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(
      'store.folder is "models", and browsers keep models in no',
    ) as unknown,
  });
  await lab.close();
});
