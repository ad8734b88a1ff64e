import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openLab, visitLab } from '../support/lab.ts';
import {
  answer,
  counts,
  damage,
  dispose,
  openVisited,
  TELEMETRY,
  visit,
} from '../support/small-visits.ts';
import type { Kept } from '../support/small-visits.ts';

const NOTE = 'perigee:runtime:wdbc';
const WASM = { backend: 'wasm' } as const;

/** The kinds of the workers that a page starts. */
function workersOf(page: Page): string[] {
  const seen: string[] = [];
  page.on('worker', (worker) => seen.push(/(\w+)-worker/.exec(worker.url())?.[1] ?? worker.url()));
  return seen;
}

test('a later visit needs one worker, no updater and no network, and gives the same answer', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  const seen = workersOf(lab.page);
  lab.host.forget();
  expect(await visit(lab, WASM)).toEqual(first);
  expect(seen).toEqual(['inference']);
  expect(lab.host.requests.filter((path) => path.startsWith('/registry/'))).toEqual([]);
  // The updater starts when a method needs it.
  const at = await lab.page.evaluate(async () => {
    const { perigee } = (globalThis as unknown as Kept).kept;
    return (await perigee.models()).map(({ version }) => version);
  });
  expect(at).toContain('1.0.0');
  expect(seen).toEqual(['inference', 'updater']);
  await lab.close();
});

test('with the backend that won its trial on this device, the updater is not needed either', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const seen = workersOf(lab.page);
  /** The workers that a load without a chosen backend starts. */
  const load = async () => {
    await visitLab(lab.page, lab.host);
    seen.length = 0;
    await lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const model = await perigee.load('digits', { update: 'local' });
      const data = new Float32Array(64).fill(0.5);
      Object.assign(globalThis, { kept: { perigee, model } });
      const [input] = model.signature.inputs;
      await model.run({ [input!.name]: { dtype: 'float32', shape: [1, 1, 8, 8], data } });
    });
    return [...seen];
  };
  expect(await load()).toContain('updater');
  // The trials run after the first answer, and the page may be left before they end.
  await expect.poll(load).not.toContain('updater');
  const state = await lab.page.evaluate(() => {
    const { model } = (globalThis as unknown as Kept).kept;
    return { backend: model.backend, trials: model.trials.length };
  });
  expect(state.trials).toBeGreaterThan(0);
  expect(['cpu', 'wasm']).toContain(state.backend);
  await lab.close();
});

for (const store of ['files', 'objects'] as const)
  test(`damaged bytes in "${store}" never answer from a worker: they are fetched again`, async ({
    browser,
  }, { outputDir }) => {
    const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
    await damage(lab.page, store);
    lab.host.forget();
    expect(await visit(lab, WASM)).toEqual(first);
    expect(lab.host.requests.some((path) => path.startsWith('/registry/blobs/'))).toBe(true);
    await lab.close();
  });

test('a worker does not open a revoked version', async ({ browser }, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visit(lab, WASM);
  await registry.revokeFirst();
  await lab.page.evaluate(() =>
    (globalThis as unknown as Kept).kept.model.checkForUpdate().catch(() => undefined),
  );
  await registry.offerNew();
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  await lab.close();
});

test('the updater starts for a version on probation, and not once it is confirmed', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await registry.offerNew();
  await visit(lab, { ...WASM, update: 'latest' });
  await dispose(lab.page);
  const seen = workersOf(lab.page);
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  expect(seen).toContain('updater');
  await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    for (let i = 0; i < 30; i += 1) await model.predict(Array.from({ length: 30 }, () => i));
  });
  await dispose(lab.page);
  await visit(lab, WASM);
  await dispose(lab.page);
  seen.length = 0;
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  expect(seen).toEqual(['inference']);
  await lab.close();
});

test('a page with one worker hears of the version that another tab activated', async ({ browser }, {
  outputDir,
}) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  const seen = workersOf(lab.page);
  await visit(lab, WASM);
  await registry.offerNew();
  const other = await lab.context.newPage();
  await visitLab(other, lab.host);
  expect(await answer(other, { ...WASM, update: 'latest' })).toMatchObject({ version: '1.1.0' });
  await expect
    .poll(() => lab.page.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toContain('1.1.0');
  expect(seen).toEqual(['inference']);
  await lab.close();
});

test('a version that is opened without the updater is counted as with it', async ({ browser }, {
  outputDir,
}) => {
  const inBrowser = async (folder: string, withNote: boolean) => {
    const { lab } = await openVisited(browser, folder, 'wasm');
    if (!withNote) await lab.page.evaluate((key) => localStorage.removeItem(key), NOTE);
    const seen = workersOf(lab.page);
    await visit(lab, WASM, { telemetry: TELEMETRY });
    const started = [...seen];
    await lab.page.evaluate(async () => {
      const { model } = (globalThis as unknown as Kept).kept;
      const { id } = await model.predict(Array.from({ length: 30 }, (_, i) => 2 * i));
      await model.feedback(id, { label: 'benign' });
    });
    const counted = await counts(lab.page);
    await lab.close();
    return { started, counted };
  };
  const alone = await inBrowser(`${outputDir}/alone`, true);
  const asked = await inBrowser(`${outputDir}/asked`, false);
  expect(alone.started).toEqual(['inference']);
  expect(asked.started).toContain('updater');
  expect(JSON.stringify(alone.counted)).toContain('true benign');
  expect(alone.counted).toEqual(asked.counted);
});

test('a load that is aborted meanwhile rejects with its reason, and the next one works', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visitLab(lab.page, lab.host);
  const reason = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const abort = new AbortController();
    const loading = perigee.load('wdbc', {
      backend: 'wasm',
      update: 'local',
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Error('left the page')), 0);
    const seen = await loading.then(
      () => 'loaded',
      (error: unknown) => String(error),
    );
    await perigee.dispose();
    return seen;
  });
  expect(reason).toBe('Error: left the page');
  expect(await visit(lab, WASM)).toEqual(first);
  await lab.close();
});

test('of two loads at once, both get the model', async ({ browser }, { outputDir }) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visitLab(lab.page, lab.host);
  const labels = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const load = () => perigee.load('wdbc', { backend: 'wasm', update: 'local' });
    const models = await Promise.all([load(), load()]);
    const row = Array.from({ length: 30 }, (_, i) => i);
    const outputs = await Promise.all(
      models.map(async (model) => (await model.predict(row)).output),
    );
    await perigee.dispose();
    return outputs.map((output) => JSON.stringify(output));
  });
  expect(labels[0]).toBe(labels[1]);
  await lab.close();
});

test('an encrypted model is opened without the updater', async ({ browser }, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  const encrypted = { encryptAtRest: true } as const;
  expect(await visit(lab, WASM, encrypted)).toEqual(first);
  await dispose(lab.page);
  const seen = workersOf(lab.page);
  expect(await visit(lab, WASM, encrypted)).toEqual(first);
  expect(seen).toEqual(['inference']);
  await lab.close();
});
