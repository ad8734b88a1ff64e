import { cpSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { matrix } from './moments.ts';
import type { Seen } from './moments.ts';
import { endOf, nodeDevices, runDevice, startDevice } from './node-devices.ts';

/** Approximate number of changes of the folder in an update. */
const CHANGES = 40;

/**
 * Stops a device (SIGSTOP) at a change of its store while it updates. Another process on the same
 * store must answer meanwhile. The stopped device then goes on and must answer, too. Afterwards the
 * store must hold the whole new version.
 */
export async function stopWriters(
  folder: string,
  rounds: number,
  seed: number,
): Promise<{ seen: Seen[]; table: string }> {
  const devices = await nodeDevices(folder);
  const random = seededRandom(seed);
  const seen: Seen[] = [];
  const { say, done } = progress('Stopping processes that write');
  for (let i = 0; i < rounds; i += 1) {
    say(`${i + 1} of ${rounds}`);
    const store = join(folder, `shared-${i}`);
    cpSync(devices.template, store, { recursive: true });
    const moment = { kind: 'store', n: 1 + Math.floor(random() * CHANGES) } as const;
    const stopped = startDevice([devices.url, store, 'latest']);
    const itsEnd = endOf(stopped);
    let changes = 0;
    const watcher = watch(store, { recursive: true });
    const isStopped = new Promise<void>((resolve) => {
      watcher.on('change', () => {
        changes += 1;
        if (changes === moment.n) resolve(void stopped.kill('SIGSTOP'));
      });
      void itsEnd.then(() => resolve());
    });
    await isStopped;
    watcher.close();
    const meanwhile = await runDevice([devices.url, store, 'latest']);
    stopped.kill('SIGCONT');
    const ends = [meanwhile, await itsEnd, await runDevice([devices.url, store, 'local'])];
    const outcomes = ends.map((end) => devices.outcomeOf(end));
    const wrong = outcomes.find((outcome) => outcome !== 'new');
    seen.push({
      moment,
      step: 'stopped while it writes',
      outcome: wrong ?? 'new',
      detail: ends.map(({ out, err }) => out + err).join(' then: '),
    });
    rmSync(store, { recursive: true, force: true });
  }
  done();
  await devices.close();
  return { seen, table: matrix('Node, a stopped writer', seen) };
}

type Damage = readonly [how: string, change: (bytes: Buffer, random: () => number) => Buffer];

const DAMAGE: readonly Damage[] = [
  [
    'a bit flipped',
    (bytes, random) =>
      changed(
        bytes,
        Math.floor(random() * bytes.length),
        1,
        (byte) => byte ^ (1 << Math.floor(random() * 8)),
      ),
  ],
  ['cut short', (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length))],
  [
    'a block of zeros',
    (bytes, random) => changed(bytes, Math.floor(random() * bytes.length), 4_096, () => 0),
  ],
  ['empty', () => Buffer.alloc(0)],
  [
    'random bytes',
    (bytes, random) => changed(bytes, 0, bytes.length, () => Math.floor(random() * 256)),
  ],
];

/**
 * Damages the journal of a device that has a version. The device must answer with its registry, and
 * then without it.
 */
export async function damageStores(
  folder: string,
  rounds: number,
  seed: number,
): Promise<{ seen: Seen[]; table: string }> {
  const devices = await nodeDevices(folder);
  const random = seededRandom(seed);
  const seen: Seen[] = [];
  const { say, done } = progress('Damaging journals');
  for (let i = 0; i < rounds; i += 1) {
    say(`${i + 1} of ${rounds}`);
    const store = join(folder, `damaged-${i}`);
    cpSync(devices.template, store, { recursive: true });
    const [step, change] = DAMAGE[i % DAMAGE.length] as Damage;
    for (const name of readdirSync(store).filter((file) => file.startsWith('journal-'))) {
      writeFileSync(join(store, name), change(readFileSync(join(store, name)), random));
    }
    const first = await runDevice([devices.url, store, 'latest']);
    devices.host.onRequest(() => true);
    const offline = await runDevice([devices.url, store, 'local']);
    devices.host.onRequest(() => false);
    const wrong = [first, offline]
      .map((end) => devices.outcomeOf(end))
      .find((outcome) => outcome !== 'new');
    seen.push({
      moment: { kind: 'store', n: i },
      step,
      outcome: wrong ?? 'new',
      detail: `${first.out}${first.err} then: ${offline.out}${offline.err}`,
    });
    rmSync(store, { recursive: true, force: true });
  }
  done();
  await devices.close();
  return { seen, table: matrix('Node, a damaged journal', seen) };
}

function changed(
  bytes: Buffer,
  from: number,
  count: number,
  change: (byte: number) => number,
): Buffer {
  return Buffer.from(
    bytes.map((byte, at) => (at >= from && at < from + count ? change(byte) : byte)),
  );
}
