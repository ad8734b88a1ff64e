import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { checkNode, checkPort, findChromium } from './steps.mjs';

test.each(['18.20.0', '20.18.9'])('Node %s is too old, and is told so', (version) => {
  expect(() => checkNode(version)).toThrow(
    `Perigee needs Node 20.19.0 or newer; this is ${version}.`,
  );
});

test.each(['20.19.0', '22.0.0', '26.1.0'])('Node %s will do', (version) => {
  expect(checkNode(version)).toBeUndefined();
});

test('a port that is taken is named with the way out', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(checkPort(port, 'the demo', 'PERIGEE_DEMO_PORT')).rejects.toThrow(
    `Port ${port} for the demo is taken by another program. Stop that program, or choose ` +
      `another port: PERIGEE_DEMO_PORT=${port + 1} npm start`,
  );
});

test('a browser that is named but not there is told so', async () => {
  const before = process.env['PERIGEE_CHROMIUM'];
  process.env['PERIGEE_CHROMIUM'] = '/nowhere/chromium';
  await expect(findChromium()).rejects.toThrow(
    'PERIGEE_CHROMIUM names "/nowhere/chromium", which does not exist.',
  );
  if (before === undefined) delete process.env['PERIGEE_CHROMIUM'];
  else process.env['PERIGEE_CHROMIUM'] = before;
});
