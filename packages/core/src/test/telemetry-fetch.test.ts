import { createPerigee } from 'perigee';
import type { TelemetryConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../telemetry/telemetry.fixture.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const ROW = [[1, 1, 1, 1]];

/** A device that has counted one prediction, and sends nothing by itself. */
async function counted(send: TelemetryConfig['fetch'], asked: string[] = []) {
  const registry = createRegistry();
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
  const { url } = await serve(registry);
  const collector = await startCollector();
  const perigee = createPerigee({
    registry: url,
    store: 'memory',
    request: {
      fetch(address, init) {
        asked.push(String(address));
        return fetch(address, init);
      },
    },
    telemetry: { url: collector.url, intervalMs: 60_000, ...(send && { fetch: send }) },
  });
  onTestFinished(() => perigee.dispose());
  await (await perigee.load('sum', { update: 'local' })).predict(ROW);
  return { perigee, collector };
}

test('uploads go through the fetch of the app, and arrive', async () => {
  const calls: { readonly url: string; readonly init: RequestInit | undefined }[] = [];
  const { perigee, collector } = await counted((url, init) => {
    calls.push({ url: String(url), init });
    return fetch(url, init);
  });
  expect(await perigee.telemetry.flush()).toMatchObject({ queued: 0, sent: 1, lost: 0 });
  expect(collector.counted()).toBe(1);
  expect(calls).toMatchObject([
    {
      url: new URL('v1/profiles', collector.url).href,
      init: { method: 'POST', credentials: 'omit', redirect: 'manual' },
    },
  ]);
});

test('while that fetch fails counts wait, and later they arrive once', async () => {
  let isOffline = true;
  const { perigee, collector } = await counted((url, init) => {
    if (isOffline) throw new TypeError('offline');
    return fetch(url, init);
  });
  expect(await perigee.telemetry.flush()).toMatchObject({ queued: 1, sent: 0 });
  expect(collector.requests).toHaveLength(0);
  isOffline = false;
  expect(await perigee.telemetry.flush()).toMatchObject({ queued: 0, sent: 1 });
  expect(collector.counted()).toBe(1);
});

test('a stand-in for a collector is enough, and doctor() asks it too', async () => {
  const methods: string[] = [];
  const { perigee, collector } = await counted(async (_, init) => {
    methods.push(init?.method ?? 'GET');
    return new Response(null, { status: 202 });
  });
  expect(await perigee.telemetry.flush()).toMatchObject({ queued: 0, sent: 1 });
  const findings = await perigee.doctor();
  expect(findings.filter(({ id }) => id.startsWith('telemetry'))).toEqual([]);
  expect(methods).toEqual(['POST', 'HEAD']);
  expect(collector.requests).toHaveLength(0);
});

test('the fetch of the registry does not see uploads, because it may add secrets', async () => {
  const asked: string[] = [];
  const { perigee, collector } = await counted(undefined, asked);
  expect(await perigee.telemetry.flush()).toMatchObject({ sent: 1 });
  expect(collector.counted()).toBe(1);
  expect(asked.filter((url) => url.startsWith(collector.url))).toEqual([]);
  expect(asked.length).toBeGreaterThan(0);
});

test('something else than a function is refused', () => {
  const telemetry = { url: 'https://collector.example/', fetch: 'no' as never };
  expect(() => createPerigee({ telemetry })).toThrow(/telemetry.*fetch.*"no"; expected function/);
});
