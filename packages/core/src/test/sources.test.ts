import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { loadModel } from 'perigee';
import type { LoadModelOptions, Model, ModelSource } from 'perigee';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

const MODELS = fileURLToPath(new URL('../../../../e2e/models/', import.meta.url));
const NET = join(MODELS, 'tfjs-net');
const SHARDS = ['group1-shard1of2.bin', 'group1-shard2of2.bin'] as const;
const ZEROS = new Float32Array(64);

let onnx: Buffer;
let expected: number[];
beforeAll(async () => {
  onnx = await readFile(join(MODELS, 'two-layers.onnx'));
  // Compute the expected values with the raw runtime.
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(onnx);
  const { y } = await session.run({ x: new ort.Tensor('float32', ZEROS, [1, 64]) });
  expected = [...(y!.data as Float32Array)];
});

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly bytes?: Uint8Array | string;
}

async function serve(
  answer: (path: string, request: IncomingMessage) => Answer | Promise<Answer>,
): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen.push(request.url ?? '');
    void (async () => {
      const {
        status = 200,
        type,
        headers = {},
        bytes = '',
      } = await answer(request.url ?? '', request);
      response
        .writeHead(status, { ...(type !== undefined && { 'content-type': type }), ...headers })
        .end(bytes);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function load(source: ModelSource, options: LoadModelOptions = {}): Promise<Model> {
  const model = await loadModel(source, { threads: 1, ...options });
  onTestFinished(() => model.dispose());
  return model;
}

async function answerOf(source: ModelSource, options: LoadModelOptions = {}): Promise<number[]> {
  const { outputs } = await (await load(source, options)).predict(ZEROS);
  return [...(outputs['y']!.data as Float32Array)];
}

/** The values of the raw runtime, to four digits. */
const right = (): unknown => expected.map((value) => expect.closeTo(value, 4) as unknown);

const errorOf = (
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<{ code?: string; message: string; retryable?: boolean }> =>
  load(source, options).then(
    () => ({ message: 'it loaded' }),
    (error: Error) => error,
  );

const tfjsFile = (path: string): Promise<Buffer> => readFile(join(NET, path.split('/').pop()!));

test.each([
  ['no ending', '/api/models/42', 'application/octet-stream'],
  ['a name in the query', '/get?file=model.onnx', 'application/octet-stream'],
  ['a name that looks like TensorFlow.js', '/net/model.json', 'application/json'],
  ['a folder', '/models/', undefined],
  ['the type of a page', '/model.onnx', 'text/html; charset=utf-8'],
])('an ONNX model is loaded by its content: %s', async (_what, path, type) => {
  const { url } = await serve(() => ({ bytes: onnx, ...(type !== undefined && { type }) }));
  expect(await answerOf(url + path)).toEqual(right());
  expect(await answerOf(new URL(url + path))).toEqual(right());
});

test.each([
  ['no ending', (path: string) => (path.endsWith('.bin') ? null : 'model.json'), '/models/net'],
  [
    'a name that lies',
    (path: string) => (path.endsWith('.bin') ? null : 'model.json'),
    '/models/net.onnx',
  ],
])('a TensorFlow.js model is loaded by its content: %s', async (_what, nameOf, path) => {
  const { url, seen } = await serve(async (asked) => ({
    bytes: await tfjsFile(nameOf(asked) ?? asked),
  }));
  const model = await load(url + path);
  expect(model.engine).toBe('tfjs');
  // The first worker passes on the bytes it fetched, so they are fetched once.
  expect(seen.filter((one) => one === path)).toHaveLength(1);
  const named = await load(join(NET, 'model.json'));
  expect(model.signature).toEqual(named.signature);
});

test('data: and blob: URLs are loaded, and read only their own content', async () => {
  expect(await answerOf(`data:application/octet-stream;base64,${onnx.toString('base64')}`)).toEqual(
    right(),
  );
  const blob = URL.createObjectURL(new Blob([new Uint8Array(onnx)]));
  expect(await answerOf(blob)).toEqual(right());
  const external = await readFile(join(MODELS, 'external.onnx'));
  const error = await errorOf(`data:;base64,${external.toString('base64')}`);
  expect(error).toMatchObject({
    code: 'WRONG_CONTENT',
    message: expect.stringContaining('external.bin') as string,
  });
  expect(error.message.length).toBeLessThan(400);
});

test.each([
  'a#1.onnx',
  'a?b.onnx',
  '100%.onnx',
  'a b.onnx',
  'a%20b.onnx',
  'v2:a.onnx',
  'größe.onnx',
])('a local file may be called %s', async (name) => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-names-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await cp(join(MODELS, 'two-layers.onnx'), path);
  expect(await answerOf(path)).toEqual(right());
  expect(await answerOf(pathToFileURL(path))).toEqual(right());
  expect(await answerOf(pathToFileURL(path).href)).toEqual(right());
});

test('bytes, Blobs and Files need no file name', async () => {
  const bytes = new Uint8Array(onnx);
  const json = new Uint8Array(await tfjsFile('model.json'));
  expect(await answerOf(new Blob([bytes]))).toEqual(right());
  expect(await answerOf(new File([bytes], 'upload'))).toEqual(right());
  expect(await answerOf(new File([bytes], 'model.json'))).toEqual(right());
  expect(await answerOf(new Map([['weights', bytes]]))).toEqual(right());
  expect(
    await answerOf(
      new Map([
        ['labels.json', new TextEncoder().encode('{"0":"cat"}')],
        ['upload', bytes],
      ]),
    ),
  ).toEqual(right());
  const shards = await Promise.all(
    SHARDS.map(async (name) => [name, new Uint8Array(await tfjsFile(name))] as const),
  );
  for (const name of ['net', 'model.onnx']) {
    expect((await load(new Map([[name, json], ...shards]))).engine).toBe('tfjs');
  }
});

test('a gzipped file is unpacked: by URL, as bytes, in a Map, with its weights', async () => {
  const packed = new Uint8Array(gzipSync(onnx));
  const { url } = await serve(() => ({ bytes: packed, type: 'application/gzip' }));
  expect(await answerOf(`${url}/two-layers.onnx.gz`)).toEqual(right());
  expect(await answerOf(`${url}/models/42`)).toEqual(right());
  expect(await answerOf(packed)).toEqual(right());
  expect(await answerOf(new Map([['two-layers.onnx.gz', packed]]))).toEqual(right());
  const files = await Promise.all(
    ['model.json', ...SHARDS].map(
      async (name) => [`${name}.gz`, new Uint8Array(gzipSync(await tfjsFile(name)))] as const,
    ),
  );
  expect((await load(new Map(files))).engine).toBe('tfjs');
});

test('a gzip file that grows without measure, is cut off or packed twice is refused', async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(200_000_000)));
  const { url } = await serve(() => ({ bytes: bomb }));
  for (const source of [bomb, new Map([['model.onnx', bomb]]), `${url}/model.onnx.gz`]) {
    expect(await errorOf(source)).toMatchObject({
      code: 'WRONG_CONTENT',
      message: expect.stringContaining('unpacks to more than') as string,
    });
  }
  const packed = new Uint8Array(gzipSync(onnx));
  for (const bytes of [packed.subarray(0, 200), new Uint8Array(gzipSync(packed))]) {
    expect(await errorOf(bytes)).toMatchObject({
      code: 'WRONG_CONTENT',
      message: expect.stringContaining('gzip') as string,
    });
  }
});

test('an HTML page and an unknown format are named in the error', async () => {
  const { url } = await serve((path) => ({
    type: 'application/octet-stream',
    bytes: path.includes('page')
      ? '<!doctype html><title>app</title>'
      : new Uint8Array([255, 254, 253, 252, 251]),
  }));
  expect(await errorOf(`${url}/page.onnx`)).toMatchObject({
    code: 'WRONG_CONTENT',
    message: expect.stringContaining('HTML page') as string,
  });
  expect(await errorOf(`${url}/api/7`)).toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringContaining('option format') as string,
  });
  expect(await errorOf(`${url}/api/7`, { format: 'pt' as never })).toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('tfjs') as string,
  });
});

test('the format option decides where neither name nor content does', async () => {
  const { url } = await serve(() => ({ bytes: '{"a":1}' }));
  expect(await errorOf(`${url}/api/7`)).toMatchObject({ code: 'WRONG_CONTENT' });
  // The engine of that format reports what the file lacks.
  expect(await errorOf(`${url}/api/7`, { format: 'tfjs' })).toMatchObject({
    code: 'WRONG_CONTENT',
    message: expect.stringContaining('modelTopology') as string,
  });
  const folder = await mkdtemp(join(tmpdir(), 'perigee-format-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(MODELS, 'two-layers.onnx'), join(folder, 'weights'));
  expect(await answerOf(join(folder, 'weights'), { format: 'onnx' })).toEqual(right());
  expect(await answerOf(join(folder, 'weights'), { format: 'tfjs' })).toEqual(right());
});

test('a signed address keeps its query for the files beside it', async () => {
  const { url, seen } = await serve(async (path) => ({
    status: path.endsWith('?sig=a%2Fb') ? 200 : 403,
    bytes: await readFile(join(MODELS, path.split('?')[0]!)),
  }));
  await load(`${url}/external.onnx?sig=a%2Fb`);
  expect(seen).toEqual(['/external.onnx?sig=a%2Fb', '/external.bin?sig=a%2Fb']);
});
