import { expect, test } from '@playwright/test';
import { openLab, visitLab } from '../support/lab.ts';
import { dispose, openVisited, visit } from '../support/small-visits.ts';
import type { Kept, Model } from '../support/small-visits.ts';

test('a model that moves into a worker is counted in the memory budget', async ({ browser }) => {
  const lab = await openLab(browser);
  const loadBoth = () =>
    lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/', memoryBudgetMB: 40 });
      const load = (name: string) => perigee.load(name, { update: 'local', backend: 'cpu' });
      const models = [await load('wdbc'), await load('wine')];
      Object.assign(globalThis, { kept: { perigee, models } });
      return models.map(({ inPlace }) => inPlace);
    });
  await loadBoth();
  await dispose(lab.page);
  await visitLab(lab.page, lab.host);
  expect(await loadBoth()).toEqual([true, true]);
  const { released, moved } = await lab.page.evaluate(async () => {
    const { perigee, models } = (
      globalThis as unknown as { kept: Kept['kept'] & { models: Model[] } }
    ).kept;
    const given = new Promise<string>((resolve) =>
      perigee.on('released', ({ model }) => resolve(model)),
    );
    for (const model of models) {
      const [input] = model.signature.inputs;
      const columns = Number(input!.shape[1]);
      const data = new Float32Array(20_000 * columns);
      await model.run({ [input!.name]: { dtype: 'float32', shape: [20_000, columns], data } });
    }
    return { released: await given, moved: models.map(({ inPlace }) => !inPlace) };
  });
  expect({ released, moved }).toEqual({ released: 'wdbc', moved: [true, true] });
  await lab.close();
});

test('a call that waits for a worker is answered although another version takes over', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry, first } = await openVisited(browser, `${outputDir}/registry`);
  await registry.offerNew();
  const before = await visit(lab, { backend: 'cpu', update: 'localUpdateInBackground' });
  expect(before).toMatchObject({ version: '1.0.0', inPlace: true });
  await expect
    .poll(() => lab.page.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toContain('1.1.0');
  const after = await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    // The worker that the model moves to starts slowly: it gets no message before the update.
    const Own = globalThis.Worker;
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    globalThis.Worker = class extends Own {
      constructor(...args: ConstructorParameters<typeof Own>) {
        super(...args);
        globalThis.Worker = Own;
      }
      override postMessage(...args: [unknown, never]): void {
        void started.then(() => super.postMessage(...args));
      }
    };
    const data = Float32Array.from({ length: 30 }, (_, i) => i);
    const waiting = model.predict(data, { transfer: true });
    // The end of the replaced version begins in the task of a timer without a delay.
    const own = globalThis.setTimeout;
    const isEnding = new Promise<void>((resolve) => {
      const tell = (work: () => void, ms?: number): unknown =>
        own(() => {
          work();
          if (ms === undefined) resolve();
        }, ms);
      globalThis.setTimeout = tell as typeof own;
    });
    await model.update();
    const { version } = model;
    await isEnding;
    globalThis.setTimeout = own;
    start();
    return { version, output: (await waiting).output };
  });
  expect(after).toEqual({ version: '1.1.0', output: first.output });
  await lab.close();
});

test('a model that was asked for on plain JavaScript stays there when its worker ends', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`);
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ inPlace: true });
  const seen = await lab.page.evaluate(async () => {
    const { perigee, model } = (globalThis as unknown as Kept).kept;
    const fallbacks: unknown[] = [];
    perigee.on('fallback', (event) => fallbacks.push(event));
    const predict = () =>
      model.predict(
        Float32Array.from({ length: 30 }, (_, i) => i),
        { transfer: true },
      );
    const Own = globalThis.Worker;
    let ends = false;
    globalThis.Worker = class extends Own {
      override postMessage(...args: [unknown, never]): void {
        if (ends) this.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
        else super.postMessage(...args);
        ends = false;
      }
    };
    await predict();
    ends = true;
    const { output } = await model.predict(Array.from({ length: 30 }, (_, i) => i));
    return { inPlace: model.inPlace, backend: model.backend, fallbacks, output };
  });
  expect(seen).toEqual({ inPlace: false, backend: 'cpu', fallbacks: [], output: first.output });
  await lab.close();
});

test('a load that is disposed at once listens to no other tab', async ({ browser }, {
  outputDir,
}) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`);
  await visitLab(lab.page, lab.host);
  const open = await lab.page.evaluate(async () => {
    const channels = new Set<BroadcastChannel>();
    globalThis.BroadcastChannel = class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        channels.add(this);
      }
      override close(): void {
        channels.delete(this);
        super.close();
      }
    };
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const loading = perigee.load('wdbc', { update: 'local', backend: 'cpu' });
    await perigee.dispose();
    const code = await loading.then(
      () => 'loaded',
      (error: unknown) => (error as { code: string }).code,
    );
    return { code, count: channels.size };
  });
  expect(open).toEqual({ code: 'DISPOSED', count: 0 });
  await lab.close();
});

test('a small model of images is looked at once, and then opened in a worker at once', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const load = () =>
    lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const { engine, inPlace } = await perigee.load('digits', { update: 'local', backend: 'cpu' });
      await perigee.dispose();
      const note = JSON.parse(localStorage.getItem('perigee:runtime:digits') ?? '{}') as object;
      return { engine, inPlace, note };
    });
  expect(await load()).toMatchObject({ engine: 'instant', note: { isSmall: true } });
  for (let i = 0; i < 2; i += 1) {
    await visitLab(lab.page, lab.host);
    expect(await load()).toMatchObject({ inPlace: false, note: { isSmall: false } });
  }
  await lab.close();
});
