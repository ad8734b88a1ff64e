import type { ServerResponse } from 'node:http';
import { createPerigee, loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

/** Failing hosts: each error has the address, the answer and the remedy. */

type Answer = (response: ServerResponse) => unknown;

const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end();
const breakOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('12345678', () => response.destroy());
};

const ROWS: readonly [answer: Answer, message: RegExp, isRetryable: boolean][] = [
  [status(500), /HTTP 500, a fault of the host\. Load again later; .* host's log\.$/, true],
  [status(429), /HTTP 429, the host has too much to do\. Load again later/, true],
  [status(418), /HTTP 418, which is no file\. Check the address, and what/, false],
  // Bytes that are not read yet are lost with the connection.
  [breakOff, /broke off after [08] bytes\. Load again; .* no proxy/, true],
  [(response) => response.destroy(), /could not be reached: .* Check the network/, true],
];

/** Serves a registry and gives this answer to each path that matches `isBroken`. */
async function host(registry: RegistryFixture, answer: Answer, isBroken: string): Promise<string> {
  const { url } = await serve(registry, (path, response) => {
    const isMeant = path.includes(isBroken);
    if (isMeant) answer(response);
    return isMeant;
  });
  return url;
}

type Load = (url: string) => Promise<unknown>;

const ofFile: Load = (url) => loadModel(`${url}model.onnx`);
const byName: Load = (url) => {
  const perigee = createPerigee({ registry: url });
  onTestFinished(() => perigee.dispose());
  return perigee.load('sum', { backend: 'cpu' });
};

test.each([
  ['a file', 'model.onnx', ofFile],
  ['a chunk of a release', 'blobs/', byName],
])(
  'a host that fails for %s gives an error with address, status and remedy',
  async (_of, broken, load) => {
    const registry = createRegistry();
    await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
    // Run all rows at once: hosts of releases are asked several times, with waits in between.
    await Promise.all(
      ROWS.map(async ([answer, message, retryable]) => {
        const url = await host(registry, answer, broken);
        const error: unknown = await load(url).catch((cause: unknown) => cause);
        expect(error).toMatchObject({
          code: 'NETWORK',
          retryable,
          message: expect.stringMatching(
            new RegExp(`${url}${broken}.*${message.source}`),
          ) as string,
          details: { url: expect.stringContaining(`${url}${broken}`) as string },
        });
      }),
    );
  },
);
