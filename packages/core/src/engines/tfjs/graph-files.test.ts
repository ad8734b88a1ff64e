import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPerigee, loadModel } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve as serveRegistry } from '../../updater/registry.fixture.ts';
import { graphModel, modelFiles, node, placeholder, weight, weightsOf } from './graph.fixture.ts';

/** Serves the files over HTTP, and records the URLs of all requests. */
async function serve(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://host');
    asked.push(pathname + search);
    const bytes = files.get(decodeURIComponent(pathname.replace('/models/net/', '')));
    if (bytes && search === '?token=1') response.end(bytes);
    else response.writeHead(bytes ? 403 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/models/net/model.json?token=1`, asked };
}

async function load(source: string | ReadonlyMap<string, Uint8Array>): Promise<Model> {
  const model = await loadModel(source as string, { backend: 'cpu' });
  onTestFinished(() => model.dispose());
  return model;
}

function product(paths: readonly string[]): Map<string, Uint8Array> {
  const { specs, bytes } = weightsOf({ w: { shape: [2], values: [3, 4] } });
  const nodes = [placeholder('x', [-1, 2]), weight('w'), node('y', 'Mul', ['x', 'w'])];
  const json = { modelTopology: { node: nodes }, weightsManifest: [{ paths, weights: specs }] };
  const files = modelFiles(json, bytes.slice(0, 3), paths[0]);
  return paths[1] === undefined ? files : files.set(paths[1], bytes.slice(3));
}

test('shards with signs of URLs in their names load from a URL, whose query is kept', async () => {
  const { url } = await serve(product(['g#1 of 2?.bin', 'sub/50%.bin']));
  const { outputs } = await (await load(url)).predict([1, 2]);
  expect(outputs['y']?.data).toEqual(Float32Array.of(3, 8));
});

test.each([
  '../secret',
  '%2e%2e/secret',
  '.\t./secret',
  ' /etc/passwd',
  ' http://127.0.0.1:9/x',
  '/etc/passwd',
  'a/../../b',
  '..\\secret',
  'file:///etc/passwd',
])('the shard path %j never leads out of the folder', async (path) => {
  const { url, asked } = await serve(product([path]));
  await expect(load(url)).rejects.toMatchObject({ name: 'PerigeeError' });
  // A path that is not refused is an ordinary name of a file in the folder.
  for (const one of asked) expect(new URL(one, 'http://host').pathname).toMatch(/^\/models\/net\//);
});

test('a table that the model fills itself is looked up', async () => {
  const int = { type: 'DT_INT32' };
  const float = { type: 'DT_FLOAT' };
  const initializer = [
    node('keys', 'Const', [], { dtype: int }),
    node('values', 'Const', []),
    {
      name: 'table',
      op: 'HashTableV2',
      attr: { key_dtype: int, value_dtype: float, shared_name: { s: btoa('t') } },
    },
    {
      name: 'fill',
      op: 'LookupTableImportV2',
      input: ['table', 'keys', 'values'],
      attr: { Tin: int, Tout: float },
    },
    {
      name: 'filled',
      op: 'Identity',
      input: ['table', '^fill'],
      attr: { T: { type: 'DT_RESOURCE' } },
    },
  ];
  const nodes = [
    {
      name: 'handle',
      op: 'Placeholder',
      attr: { dtype: { type: 'DT_RESOURCE' }, shape: { shape: {} } },
    },
    { ...placeholder('ids', [-1]), attr: { ...placeholder('ids', [-1]).attr, dtype: int } },
    weight('missing'),
    {
      name: 'found',
      op: 'LookupTableFindV2',
      input: ['handle', 'ids', 'missing'],
      attr: { Tin: int, Tout: float },
    },
  ];
  const shard = new Uint8Array(20);
  shard.set(new Uint8Array(Int32Array.of(7, 9).buffer));
  shard.set(new Uint8Array(Float32Array.of(0.5, 0.25, -1).buffer), 8);
  const resource = (name: string) => ({
    name,
    dtype: 'DT_RESOURCE',
    tensorShape: {},
    resourceId: 5,
  });
  const model = await load(
    modelFiles(
      {
        format: 'graph-model',
        modelTopology: { node: nodes, versions: {} },
        modelInitializer: { node: initializer, versions: {} },
        initializerSignature: { outputs: { filled: resource('filled:0') } },
        signature: {
          inputs: {
            handle: resource('handle:0'),
            ids: { name: 'ids:0', dtype: 'DT_INT32', tensorShape: { dim: [{ size: '-1' }] } },
          },
          outputs: { found: { name: 'found:0', dtype: 'DT_FLOAT' } },
        },
        weightsManifest: [
          {
            paths: ['w.bin'],
            weights: [
              { name: 'keys', shape: [2], dtype: 'int32' },
              { name: 'values', shape: [2], dtype: 'float32' },
              { name: 'missing', shape: [], dtype: 'float32' },
            ],
          },
        ],
      },
      shard,
      'w.bin',
    ),
  );
  expect(model.signature.inputs.map(({ name }) => name)).toEqual(['ids']);
  for (let run = 0; run < 2; run += 1)
    expect((await model.predict([9, 8, 7])).outputs['found']?.data).toEqual(
      Float32Array.of(0.25, -1, 0.5),
    );
});

test('a release that was packed with the names of nodes keeps them', async () => {
  const named = (name: string, side: string) => ({
    [side]: { [name]: { name: side === 'inputs' ? 'x:0' : 'y:0', dtype: 'DT_FLOAT' } },
  });
  const files = graphModel(
    [placeholder('x', [1]), node('y', 'AddV2', ['x', 'x'])],
    {},
    {
      weightsManifest: [],
      signature: { ...named('image', 'inputs'), ...named('scores', 'outputs') },
    },
  );
  const registry = createRegistry();
  // The manifest and the golden sample have the names x and y.
  await registry.publish({
    version: '1.0.0',
    parts: [files.get('model.json')!],
    entry: 'model.json',
  });
  const { url } = await serveRegistry(registry);
  const perigee = createPerigee({ registry: url });
  onTestFinished(() => perigee.dispose());
  const model = await perigee.load('digits', { backend: 'cpu' });
  expect(model.trials).toMatchObject([{ verdict: 'passed' }]);
  expect(model.signature).toMatchObject({ inputs: [{ name: 'x' }], outputs: [{ name: 'y' }] });
  const four = { dtype: 'float32', shape: [1], data: Float32Array.of(4) } as const;
  const eight = { dtype: 'float32', shape: [1], data: Float32Array.of(8) };
  expect(await model.run({ x: four })).toEqual({ y: eight });
  expect(await model.run({ image: four }, { outputs: ['scores'] })).toEqual({ scores: eight });
});
