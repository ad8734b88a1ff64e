import { expect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldRelease, initRegistry, pack, publish, temporaryKeys } from '@perigee/cli';
import { layersApart } from '../../bench/models/external-data.mjs';
import { openLab, visitLab } from '../support/lab.ts';
import type { OpenLab } from '../support/lab.ts';

const SIDE = 1024;
const MB = 1024 * 1024;
/** Weights beside the model: 64 MB by file, and 24 MB by name, since packing takes long. */
const LAYERS = { file: 16, name: 6 };
/** The graph's own file is larger than what is looked at for a small model. */
const INLINE_BYTES = 512 * 1024;
/** The page may see this much of a model: the start of the graph's file, and bytes read ahead. */
const MOST_SEEN = 2 * MB;

/** Counts the bytes that the page reads or copies, and those that it sends to workers. */
function watchPage(): void {
  const seen = { read: 0, sent: 0 };
  Object.assign(globalThis, { seen });
  const sizeOf = (value: unknown): number =>
    value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : 0;
  const count = <T extends object>(target: T, name: keyof T & string): void => {
    const original = target[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(target, {
      async [name](this: unknown, ...args: unknown[]) {
        const result = await original.apply(this, args);
        seen.read += sizeOf((result as { value?: unknown })?.value ?? result);
        return result;
      },
    });
  };
  count(ReadableStreamDefaultReader.prototype, 'read');
  for (const body of [Response.prototype, Blob.prototype]) count(body, 'arrayBuffer');
  for (const { prototype } of [Worker, MessagePort]) {
    const { postMessage } = prototype;
    prototype.postMessage = function (message: unknown, transfer: unknown = []) {
      if (Array.isArray(transfer))
        for (const one of transfer as unknown[]) seen.sent += sizeOf(one);
      Reflect.apply(postMessage, this, [message, transfer]);
    };
  }
}

declare global {
  var seen: { read: number; sent: number };
}

async function openWatched(
  browser: Browser,
  folders: Readonly<Record<string, string>>,
): Promise<OpenLab> {
  const lab = await openLab(browser, { folders, sized: true });
  await lab.context.addInitScript(watchPage);
  await visitLab(lab.page, lab.host);
  return lab;
}

/** Writes a model with its weights beside it, and returns the path of the model. */
function writeModel(folder: string, name: string, layers: number): string {
  const { bytes, data } = layersApart({
    side: SIDE,
    layers,
    path: `${name}.onnx.data`,
    inlineBytes: INLINE_BYTES,
  });
  const file = join(folder, `${name}.onnx`);
  writeFileSync(file, bytes);
  for (const part of data()) appendFileSync(`${file}.data`, part);
  return file;
}

let folder: string;

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perigee-large-'));
  writeModel(folder, 'large', LAYERS.file);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The model at the URL answers, and the page sees next to nothing of its bytes. */
async function expectUnseen(page: Page, url: string): Promise<void> {
  const { seen, size } = await page.evaluate(
    async ([from, side]) => {
      const model = await globalThis.lab.loadModel(from);
      const { output } = await model.predict(new Float32Array(side).fill(0.5));
      return { seen: globalThis.seen, size: output?.data.length };
    },
    [url, SIDE] as const,
  );
  expect(size).toBe(SIDE);
  expect(seen.read).toBeLessThan(MOST_SEEN);
  expect(seen.sent).toBeLessThan(MOST_SEEN);
}

test('the weights of a large model by URL never pass through the page', async ({ browser }) => {
  test.setTimeout(300_000);
  const lab = await openWatched(browser, { '/large/': folder });
  await expectUnseen(lab.page, '/large/large.onnx');
  expect(lab.host.requests.filter((path) => path.startsWith('/large/'))).toEqual([
    '/large/large.onnx',
    '/large/large.onnx.data',
  ]);
  await lab.close();
});

test('a large file in one piece never passes through the page', async ({ browser }) => {
  test.setTimeout(300_000);
  const whole = layersApart({ side: SIDE, layers: 0, path: '', inlineBytes: 48 * MB });
  writeFileSync(join(folder, 'whole.onnx'), whole.bytes);
  const lab = await openWatched(browser, { '/large/': folder });
  await expectUnseen(lab.page, '/large/whole.onnx');
  // The page gives its answer up as soon as it knows the size.
  expect(lab.host.requests.filter((path) => path.startsWith('/large/'))).toEqual([
    '/large/whole.onnx',
    '/large/whole.onnx',
  ]);
  await lab.close();
});

test('dropped files of a large model are read in the worker only', async ({ browser }) => {
  test.setTimeout(300_000);
  const lab = await openWatched(browser, {});
  await lab.page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
    document.body.append(input);
  });
  await lab.page.setInputFiles(
    'input',
    ['large.onnx', 'large.onnx.data'].map((name) => join(folder, name)),
  );
  const { seen, size } = await lab.page.evaluate(async (side) => {
    const { files } = document.querySelector('input')!;
    const model = await globalThis.lab.loadModel([...files!]);
    const { output } = await model.predict(new Float32Array(side).fill(0.5));
    return { seen: globalThis.seen, size: output?.data.length };
  }, SIDE);
  expect(size).toBe(SIDE);
  expect(seen.read).toBe(0);
  expect(seen.sent).toBeLessThan(MOST_SEEN);
  await lab.close();
});

test('the page reads nothing of a large model by name, and a later visit sends nothing', async ({
  browser,
}) => {
  test.setTimeout(600_000);
  const publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  const packed = await pack(
    {
      model: writeModel(folder, 'named', LAYERS.name),
      name: 'named',
      version: '1.0.0',
      goldenCount: 1,
    },
    () => undefined,
  );
  await publish(heldRelease(packed), publisher, 'stable');
  const lab = await openWatched(browser, { '/large-registry/': publisher.to });
  const visit = () =>
    lab.page.evaluate(async (side) => {
      const perigee = globalThis.lab.createPerigee({ registry: '/large-registry/' });
      const model = await perigee.load('named', { backend: 'wasm' });
      const { outputs } = await model.predict(new Float32Array(side).fill(0.5));
      await perigee.dispose();
      return { ...globalThis.seen, size: outputs['output']?.data.length };
    }, SIDE);
  const first = await visit();
  expect(first.size).toBe(SIDE);
  expect(first.read).toBeLessThan(MOST_SEEN);
  // The verified bytes go from one worker to the other, by a transfer that copies nothing.
  expect(first.sent).toBeLessThan(LAYERS.name * SIDE * SIDE * 4 + MOST_SEEN);
  await visitLab(lab.page, lab.host);
  const later = await visit();
  expect(later).toMatchObject({ size: SIDE, read: 0 });
  expect(later.sent).toBeLessThan(MOST_SEEN);
  await lab.close();
});
