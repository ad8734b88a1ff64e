import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import { expect, onTestFinished, test } from 'vitest';
import { deviceHour, postTo, uploadOf } from './uploads.fixture.ts';

test('a slice of the fleet needs 50 device-hours; 50 uploads of one device are not 50', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-device-hours-'));
  const { url, close } = await startCollector({ port: 0, dataDir, everyMs: 0 });
  onTestFinished(async () => {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const shown = async (): Promise<number> =>
    (await fetch(new URL('v1/models/m/latency?backend=webgpu', url))).status;
  const send = async (group: number, devices: number): Promise<void> => {
    const answer = await postTo(
      url,
      uploadOf([deviceHour({ group, backend: 'webgpu' }, { devices })]),
    );
    expect(answer.status).toBe(202);
  };
  // One browser that uploads every few seconds.
  for (let i = 0; i < 60; i += 1) await send(3, i === 0 ? 1 : 0);
  expect(await shown()).toBe(404);
  for (let i = 0; i < 48; i += 1) await send(i % 16, 1);
  expect(await shown()).toBe(404);
  await send(4, 1);
  expect(await shown()).toBe(200);
});
