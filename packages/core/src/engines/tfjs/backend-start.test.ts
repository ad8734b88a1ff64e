import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { graphModel, node, placeholder } from './graph.fixture.ts';

const files = graphModel([placeholder('x', [1]), node('y', 'Relu', ['x'])], {});

async function served(status: number, type: string, body: string): Promise<string> {
  const server = createServer((_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/wasm/`;
}

test.each<[string, number, string, string, RegExp]>([
  ['is not there', 404, 'text/plain', 'no', /answered with status 404.*option wasmUrl/],
  [
    'is a page',
    200,
    'text/html',
    '<!doctype html>',
    /is not a WebAssembly file: it came as text\/html.*option wasmUrl/,
  ],
])(
  'a WebAssembly file that %s is BACKEND_UNAVAILABLE and says what to serve',
  async (_what, status, type, body, says) => {
    const wasmUrl = await served(status, type, body);
    await expect(loadModel(files, { backend: 'wasm', wasmUrl })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(says) as string,
    });
  },
);

test('a folder without the WebAssembly file is BACKEND_UNAVAILABLE and is named', async () => {
  const wasmUrl = new URL('./nowhere/', import.meta.url).href;
  await expect(loadModel(files, { backend: 'wasm', wasmUrl })).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringMatching(/nowhere.tfjs-backend-wasm-simd\.wasm/) as string,
  });
});

test('a wasmUrl that is no URL is named', async () => {
  await expect(loadModel(files, { backend: 'wasm', wasmUrl: 'no url' })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('"no url"') as string,
  });
});
