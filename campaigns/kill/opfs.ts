import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';
import type { Page } from '@playwright/test';
import { progress } from '../../scripts/progress.mjs';
import type { AfterKill } from '../../e2e/stores/packing.ts';
import { LAB, STORES } from '../../e2e/support/paths.ts';
import { startStaticHost } from '../../e2e/support/static-host.ts';
import { launch } from './browser.ts';

const SPAN_MS = 250;

/**
 * Kills Chromium (SIGKILL) while a store packs files into one piece in the origin private file
 * system, and starts it again on its profile, repeatedly.
 */
export async function killOpfs(
  folder: string,
  kills: number,
  seed: number,
): Promise<{ seen: AfterKill[]; table: string }> {
  const host = await startStaticHost({ '/': LAB.built, '/stores/': STORES.built });
  const random = seededRandom(seed);
  const seen: AfterKill[] = [];
  let rounds = 0;
  const { say, done } = progress('Killing Chromium while files are put into one piece');
  for (let i = 0; i < kills; i += 1) {
    say(`${i + 1} of ${kills}`);
    const killed = await launch(join(folder, 'profile'), host);
    // Kill at the second or a later file, so that an earlier file exists that the kill must not
    // harm.
    const wanted = 1 + Math.floor(random() * 2);
    let timer: ReturnType<typeof setTimeout> | undefined;
    await killed.page.exposeFunction('onRound', (round: number) => {
      rounds = Math.max(rounds, round + 1);
      if (round === wanted) timer = setTimeout(killed.kill, random() * SPAN_MS);
    });
    await startPacking(killed.page);
    await killed.ended;
    clearTimeout(timer);
    const { page, close, ended } = await launch(join(folder, 'profile'), host);
    seen.push(await checkAfter(page, rounds));
    await close();
    await ended;
  }
  done();
  await host.close();
  const sum = (of: (one: AfterKill) => number): number =>
    seen.reduce((total, one) => total + of(one), 0);
  return {
    seen,
    table:
      `Chromium, files in the origin private file system: ${seen.length} kills, ` +
      `${sum(({ leftovers }) => leftovers[0])} while a file was being written, ` +
      `${sum(({ torn }) => torn)} torn, ${sum(({ leftovers }) => leftovers[1])} left behind`,
  };
}

function startPacking(page: Page): Promise<void> {
  return page.evaluate(() => {
    const worker = new Worker('/stores/worker.js', { type: 'module' });
    worker.addEventListener(
      'message',
      ({ data }) =>
        void (globalThis as unknown as { onRound(round: number): void }).onRound(data as number),
    );
    worker.postMessage('pack');
  });
}

function checkAfter(page: Page, rounds: number): Promise<AfterKill> {
  return page.evaluate(
    (check) =>
      new Promise<AfterKill>((resolve, reject) => {
        const worker = new Worker('/stores/worker.js', { type: 'module' });
        worker.addEventListener('message', ({ data }) => resolve(data as AfterKill));
        worker.addEventListener('error', ({ message }) => reject(new Error(message)));
        worker.postMessage({ check });
      }),
    rounds,
  );
}
