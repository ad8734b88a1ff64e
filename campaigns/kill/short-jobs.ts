import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { matrix } from './moments.ts';
import type { Seen } from './moments.ts';
import { nodeDevices, runDevice } from './node-devices.ts';

/** Ends of a short job that are no crash. `device.mjs` implements them. */
const ORDERLY_ENDS = [
  'load-and-dispose',
  'load-and-exit',
  'predict-and-exit',
  'poll-and-exit',
] as const;

/**
 * A version is rolled back after three failed starts. More short jobs than that must not roll it
 * back.
 */
const JOBS_PER_ROUND = 4;

/**
 * Runs short jobs on a device whose new version is on probation. Each job loads the model and ends
 * in order, most of them without a prediction. Afterwards the device must still answer with the new
 * version.
 */
export async function runShortJobs(
  folder: string,
  rounds: number,
  seed: number,
): Promise<{ seen: Seen[]; table: string }> {
  const devices = await nodeDevices(folder);
  const random = seededRandom(seed);
  const onProbation = join(folder, 'on-probation');
  cpSync(devices.template, onProbation, { recursive: true });
  await runDevice([devices.url, onProbation, 'latest', 'load-and-dispose']);
  const seen: Seen[] = [];
  const { say, done } = progress('Running short jobs');
  for (let i = 0; i < rounds; i += 1) {
    say(`${i + 1} of ${rounds}`);
    const store = join(folder, `jobs-${i}`);
    cpSync(onProbation, store, { recursive: true });
    const jobs: string[] = [];
    const ends = [];
    for (let job = 0; job < JOBS_PER_ROUND; job += 1) {
      const how = ORDERLY_ENDS[Math.floor(random() * ORDERLY_ENDS.length)] as string;
      jobs.push(how);
      ends.push(await runDevice([devices.url, store, 'local', how]));
    }
    const last = await runDevice([devices.url, store, 'local']);
    seen.push({
      moment: { kind: 'store', n: i },
      step: jobs.toSorted().join(', '),
      outcome: ends.every(({ code }) => code === 0) ? devices.outcomeOf(last) : 'neither',
      detail: [...ends, last].map(({ out, err }) => out + err).join(' then: '),
    });
    rmSync(store, { recursive: true, force: true });
  }
  done();
  await devices.close();
  return { seen, table: matrix('Node, short jobs', seen) };
}
