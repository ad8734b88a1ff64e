import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCampaign } from './campaign.mjs';

/** A short run; `npm run campaign:registry` runs more. */
test('commands killed and run again, and a restored backup, leave what devices take', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-registry-slice-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { seen, faults } = await runCampaign(folder, { kills: 1, seed: 1, lostEvery: 1 });
  expect(faults).toEqual([]);
  expect(seen).toMatchObject({ publish: { times: 1 }, recover: { times: 1 } });
});
