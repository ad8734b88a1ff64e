import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { matrix, moments, stepOf } from './moments.ts';
import type { Moment, Seen } from './moments.ts';
import { nodeDevices, runDevice, startDevice } from './node-devices.ts';
import type { NodeDevices } from './node-devices.ts';

/**
 * Approximate size of a whole update. A moment beyond the real number does no harm: the device is
 * then killed after the update, or not at all.
 */
const REQUESTS = 24;
const CHANGES = 40;
const SPAN_MS = 900;

/**
 * SIGKILLs a device with a store of files while it updates, then starts it again without network.
 * It must answer with the old version or the new one.
 */
export async function killNode(
  folder: string,
  kills: number,
  seed: number,
): Promise<{ seen: Seen[]; table: string }> {
  const devices = await nodeDevices(folder);
  const { url, template, host } = devices;
  const seen: Seen[] = [];
  const { say, done } = progress('Killing devices in Node');
  for (const [i, moment] of moments(
    kills,
    REQUESTS,
    CHANGES,
    SPAN_MS,
    seededRandom(seed),
  ).entries()) {
    say(`${i + 1} of ${kills}: ${moment.kind}`);
    const store = join(folder, `device-${i}`);
    cpSync(template, store, { recursive: true });
    const step = await killAt(moment, url, store, host);
    host.onRequest(() => true);
    const ended = await runDevice([url, store, 'local']);
    host.onRequest(() => false);
    // With the network back, the device must get the new version.
    const after = await runDevice([url, store, 'latest']);
    const arrived = devices.outcomeOf(after) === 'new';
    const detail = `${ended.out}${ended.err}${arrived ? '' : ` then: ${after.err}`}`;
    seen.push({ moment, step, outcome: arrived ? devices.outcomeOf(ended) : 'neither', detail });
    rmSync(store, { recursive: true, force: true });
  }
  done();
  await devices.close();
  return { seen, table: matrix('Node, files', seen) };
}

async function killAt(
  moment: Moment,
  url: string,
  store: string,
  host: NodeDevices['host'],
): Promise<string> {
  let last: string | undefined;
  let requests = 0;
  let changes = 0;
  const child = startDevice([url, store, 'latest']);
  const kill = (): void => void child.kill('SIGKILL');
  host.onRequest((path) => {
    last = path;
    requests += 1;
    if (moment.kind === 'request' && requests === moment.n) kill();
    return false;
  });
  mkdirSync(store, { recursive: true });
  const watcher = watch(store, { recursive: true }, () => {
    changes += 1;
    if (moment.kind === 'store' && changes === moment.n) kill();
  });
  const timer = moment.kind === 'random' ? setTimeout(kill, 250 + moment.ms) : undefined;
  await once(child, 'close');
  clearTimeout(timer);
  watcher.close();
  return stepOf(last);
}
