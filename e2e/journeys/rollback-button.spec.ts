import { createKey, openKeyFolder } from '@perigee/cli';
import { parseRules, startCollector } from '@perigee/collector';
import type { AlertAnswer, AlertsAnswer } from '@perigee/collector';
import { createCounters, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from '@playwright/test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createPerigee } from 'perigee';
import { smallVersions } from '../support/small-versions.ts';

const PERIGEE = fileURLToPath(new URL('../../packages/cli/bin/perigee.js', import.meta.url));
const ADMIN_KEY = 'the key of an operator at night';
const PASSPHRASE = 'the passphrase of the keys';
const HOUR = Math.floor(Date.now() / 3_600_000);
const DEVICES = 96;

let folder: string;
const at = (name: string): string => join(folder, name);
const tidy: (() => Promise<unknown>)[] = [];
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-rollback-'));
});
test.afterAll(async () => {
  for (const undo of tidy.toReversed()) await undo();
  await rm(folder, { recursive: true, force: true });
});

/** A device that opened the version in this hour. */
function device(version: string, group: number, fails: boolean): Profile {
  const counters = createCounters(null);
  counters.observeSession();
  for (let i = 0; i < 5; i += 1) counters.observePrediction();
  if (fails) counters.observeError('INFERENCE_FAILED');
  return counters.snapshot({
    model: 'wdbc',
    version,
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: HOUR,
  });
}

/** Counts devices until the alert is open that half of the sessions of 1.1.0 fail. */
async function openAlert(): Promise<AlertsAnswer['alerts'][number]> {
  const collector = await startCollector({
    port: 0,
    dataDir: at('data'),
    registry: at('registry'),
    everyMs: 200,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
  });
  for (let i = 0; i < DEVICES; i += 1) {
    const profiles = [device(i % 2 === 0 ? '1.0.0' : '1.1.0', (i >> 1) % 16, i % 4 === 1)];
    const batchId = i.toString(16).padStart(32, 'b');
    const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles });
    const answer = await fetch(new URL('v1/profiles', collector.url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record }) as BodyInit,
    });
    if (answer.status !== 202) throw new Error(await answer.text());
  }
  const found = async () => {
    const answer = await fetch(new URL('v1/alerts', collector.url));
    const { alerts } = (await answer.json()) as AlertsAnswer;
    return alerts.find(({ rule }) => rule === 'error-rate');
  };
  await expect.poll(found).toMatchObject({ version: '1.1.0' });
  const alert = (await found())!;
  await collector.close();
  return alert;
}

/** Runs `perigee collector` with the keys of the registry. Resolves to its address. */
async function startWithKeys(): Promise<string> {
  const places = ['--data', at('data'), '--registry', at('registry')];
  const rollback = ['--rollback-to', at('registry'), '--keys', at('keys')];
  const child = spawn(
    process.execPath,
    [PERIGEE, 'collector', '--json', '--port', '0', ...places, ...rollback],
    {
      env: {
        ...process.env,
        PERIGEE_COLLECTOR_ADMIN_KEY: ADMIN_KEY,
        PERIGEE_KEY_PASSPHRASE: PASSPHRASE,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  tidy.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return (JSON.parse(line) as { readonly url: string }).url;
}

/** The version of `stable` that a new device gets. */
async function versionOnDevices(): Promise<string> {
  const perigee = createPerigee({ registry: at('registry'), store: 'memory' });
  const { version } = await perigee.load('wdbc');
  await perigee.dispose();
  return String(version);
}

test('an operator signs in and rolls a bad release back; devices, the alert and the audit have it', async ({
  page,
}) => {
  await createKey(at('keys'), 'operator', PASSPHRASE);
  const keys = await openKeyFolder(at('keys'), PASSPHRASE);
  const versions = await smallVersions(at('registry'), { keys, reference: false });
  await versions.offerNew();
  expect(await versionOnDevices()).toBe('1.1.0');
  const { id, headline } = await openAlert();
  const url = await startWithKeys();

  await page.goto(`${url}alerts`);
  await page.getByLabel('Admin key').fill('a guess');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('That is not the admin key of this collector.');
  await page.getByLabel('Admin key').fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: headline }).click();

  const button = page.getByRole('button', { name: 'Roll stable back to 1.0.0' });
  await button.click();
  const dialog = page.getByRole('dialog', { name: 'Roll stable back to 1.0.0?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect(await versionOnDevices()).toBe('1.1.0');

  await button.click();
  await dialog.getByLabel('Your name').fill('Ada');
  await dialog.getByLabel('Reason, optional').fill('half of the sessions fail');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  const done = 'stable is back at 1.0.0. Devices follow with their next check.';
  await expect(page.getByRole('status').filter({ hasText: done })).toBeVisible();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'History' })).toContainText(
    'Ada rolled stable back to 1.0.0: half of the sessions fail',
  );
  expect(await versionOnDevices()).toBe('1.0.0');

  // The collector reads channel files again after ten seconds.
  const steps = async () => {
    const answer = await page.request.get(`${url}v1/alerts/${encodeURIComponent(id)}`);
    return ((await answer.json()) as AlertAnswer).rollback.steps;
  };
  await expect.poll(steps).toEqual([]);
  await page.reload();
  const action = page.getByRole('region', { name: 'What to do' });
  await expect(action).toContainText('No channel gives 1.1.0 to devices any more.');
  await expect(button).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'What changed before' })).toContainText(
    '1.1.0 was rolled back from stable, to 1.0.0',
  );

  await page.getByRole('link', { name: 'Audit' }).click();
  const entry = page.getByRole('listitem').filter({ hasText: 'Ada rolled stable back' });
  await expect(entry).toContainText('operator');
  await expect(entry).toContainText('wdbc 1.1.0');
  await expect(entry).toContainText(
    `Ada rolled stable back to 1.0.0, for the alert ${id}: half of the sessions fail`,
  );
});
