import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { layout } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { Finding, FindingId, Perigee, PerigeeConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('doctor.script.mjs', import.meta.url));
const CLOCK = new URL('../../../../e2e/support/shifted-clock.mjs', import.meta.url).href;
const DAY_MS = 24 * 3_600_000;
/** An address on whose port nothing listens. */
const NOWHERE = 'http://127.0.0.1:9/';

async function published(expiryDays = 30): Promise<{ registry: RegistryFixture; root: string }> {
  const registry = createRegistry();
  registry.expiry = { root: 365, targets: 90, channels: 90, snapshot: 90, timestamp: expiryDays };
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
  return { registry, root: new TextDecoder().decode(registry.files.get(layout.root(1))) };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function client(config: PerigeeConfig): Perigee {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  return perigee;
}

/** The findings of another process, whose clock is ahead by `aheadMs`. */
async function foundElsewhere(
  configs: readonly object[],
  { script = SCRIPT, aheadMs = 0 } = {},
): Promise<Finding[][]> {
  const clock = join(await temporaryFolder(), 'clock');
  await writeFile(clock, String(aheadMs));
  const env = { ...process.env, PERIGEE_CLOCK: clock, NODE_OPTIONS: `--import=${CLOCK}` };
  const args = [script, JSON.stringify(configs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as Finding[][];
}

const idsOf = (findings: readonly Finding[]): FindingId[] => findings.map(({ id }) => id);

const containing = (text: string): string => expect.stringContaining(text) as string;

/** Expects each text to have one full stop, at its end. */
function expectSentences(findings: readonly Finding[]): void {
  for (const { what, why, remedy } of findings) {
    for (const text of [what, why, remedy]) {
      expect(text).toMatch(/^\S.*\.$/);
      expect(text).not.toMatch(/[.!?]\s+\S/);
    }
  }
}

test('a healthy device has no findings', async () => {
  const { registry, root } = await published();
  const { url } = await serve(registry);
  const store = { folder: await temporaryFolder() };
  const perigee = client({ registry: url, trustedRoot: root, telemetry: { url }, store });
  expect(await perigee.doctor()).toEqual([]);
});

test('hosts that cannot be reached are named, the worst first', async () => {
  const { root } = await published();
  const perigee = client({ registry: NOWHERE, trustedRoot: root, telemetry: { url: NOWHERE } });
  const findings = await perigee.doctor();
  expectSentences(findings);
  expect(findings).toMatchObject([
    { id: 'registry-unreachable', severity: 'warning', remedy: containing(NOWHERE) },
    { id: 'telemetry-unreachable', severity: 'warning', why: containing(NOWHERE) },
    { id: 'storage-in-memory', severity: 'info', remedy: containing('folder') },
  ]);
  await perigee.dispose();
  await expect(perigee.doctor()).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('dispose() while the checks run ends doctor() with DISPOSED', async () => {
  const { registry, root } = await published();
  let seen = (): void => undefined;
  const asked = new Promise<void>((resolve) => (seen = resolve));
  const { url } = await serve(registry, () => {
    seen();
    return true;
  });
  const perigee = client({ registry: url, trustedRoot: root });
  const ended = perigee.doctor().catch((error: unknown) => error);
  await asked;
  await perigee.dispose();
  expect(await ended).toMatchObject({ code: 'DISPOSED' });
});

test('a collector that rejects counts is a finding, and so is missing consent', async () => {
  const answers = [
    [503, 'application/json', 'HTTP 503'],
    [401, 'application/json', 'HTTP 401'],
    [200, 'text/html', 'a web page'],
    [302, 'text/plain', 'a redirect'],
  ] as const;
  let answer: (typeof answers)[number] = answers[0];
  const asked: string[] = [];
  const { url } = await serve(createRegistry(), (path, response, request) => {
    asked.push(`${request.method} ${path} ${request.headers.authorization}`);
    response.writeHead(answer[0], { 'content-type': answer[1], location: '/' }).end();
    return true;
  });
  const perigee = client({ telemetry: { url, key: 'k1', consent: 'required' }, store: 'memory' });
  const off = { id: 'telemetry-off', severity: 'info', remedy: containing('setConsent') };
  expect(await perigee.doctor()).toMatchObject([off]);
  expect(asked).toEqual([]);
  await perigee.telemetry.setConsent(true);
  for (answer of answers) {
    const findings = await perigee.doctor();
    expectSentences(findings);
    expect(findings).toMatchObject([{ id: 'telemetry-unreachable', why: containing(answer[2]) }]);
  }
  expect(asked).toEqual(answers.map(() => 'HEAD v1/profiles Bearer k1'));
});

test('an expired, refusing, wrong and absent registry are different findings', async () => {
  const { registry, root } = await published();
  const { url } = await serve(registry);
  const expired = await published(-1);
  const refusing = await serve(registry, (_path, response) => {
    response.writeHead(401).end();
    return true;
  });
  const page = await serve(registry, (_path, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    return true;
  });
  const own = await serve(expired.registry);
  const rows: [id: FindingId, config: PerigeeConfig][] = [
    ['metadata-expired', { registry: own.url, trustedRoot: expired.root }],
    ['metadata-untrusted', { registry: url, trustedRoot: expired.root }],
    ['registry-refused', { registry: refusing.url, trustedRoot: root }],
    ['registry-unusable', { registry: page.url, trustedRoot: root }],
  ];
  const clients = rows.map(([, config]) => client({ ...config, store: 'memory' }));
  const found = await Promise.all(clients.map((perigee) => perigee.doctor()));
  found.forEach(expectSentences);
  expect(found.map(idsOf)).toEqual(rows.map(([id]) => [id]));
  expect(found.flat().map(({ severity }) => severity)).toEqual(rows.map(() => 'error'));
});

test('an unusable store is a finding, and so are options that prevent every start', async () => {
  const folder = join(await temporaryFolder(), 'file');
  await writeFile(folder, '');
  const findings = await client({ store: { folder } }).doctor();
  expectSentences(findings);
  const failed = { id: 'storage-failed', severity: 'error', remedy: containing(folder) };
  expect(findings).toMatchObject([failed]);
  const request = { credentials: 'sometimes' as RequestCredentials };
  const unstarted = await client({ registry: NOWHERE, request }).doctor();
  expectSentences(unstarted);
  const wrong = {
    id: 'updater-failed',
    severity: 'error',
    why: containing('wrong in credentials'),
  };
  expect(unstarted).toMatchObject([wrong]);
});

test('a wrong clock is found by the time of the host, and stale metadata by its age', async () => {
  const { registry, root } = await published();
  const { url } = await serve(registry);
  let isDown = false;
  const leaving = await serve(registry, (_path, response) => isDown && Boolean(response.destroy()));
  const offline = { registry: leaving.url, root, store: { folder: await temporaryFolder() } };
  const now = client({ registry: leaving.url, trustedRoot: root, store: offline.store });
  await (await now.load('sum', { update: 'local', backend: 'cpu' })).dispose();
  await now.dispose();
  isDown = true;
  const configs = [{ registry: url, root, store: 'memory' }, offline];
  const later = await foundElsewhere(configs, { aheadMs: 60 * DAY_MS });
  later.forEach(expectSentences);
  const why = 'The clock of this device is 60 days ahead.';
  expect(later[0]).toMatchObject([{ id: 'clock-wrong', severity: 'error', why }]);
  expect(idsOf(later[1]!)).toEqual(['metadata-stale', 'registry-unreachable']);
});

test('without onnxruntime-node, or with one that does not start, models run on wasm', async () => {
  // A package as npm would put it, beside everything it needs but the native runtime.
  const folder = await temporaryFolder();
  const modules = join(folder, 'node_modules');
  const core = join(ROOT, 'packages/core');
  await mkdir(join(modules, 'perigee'), { recursive: true });
  await cp(join(core, 'dist'), join(modules, 'perigee/dist'), { recursive: true });
  await cp(join(core, 'package.json'), join(modules, 'perigee/package.json'));
  for (const name of ['@perigee', 'comlink', 'idb']) {
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  const script = join(folder, 'doctor.script.mjs');
  await cp(SCRIPT, script);
  const config = { store: { folder: join(folder, 'store') } };
  const [absent] = await foundElsewhere([config], { script });

  const broken = join(modules, 'onnxruntime-node');
  await mkdir(broken);
  await writeFile(join(broken, 'package.json'), '{ "main": "index.js" }');
  await writeFile(join(broken, 'index.js'), 'throw new Error("ld-linux.so.2: no such file");');
  const [failing] = await foundElsewhere([config], { script });

  [absent!, failing!].forEach(expectSentences);
  const remedy = containing('npm install onnxruntime-node');
  const expected = { id: 'native-unavailable', severity: 'warning', remedy };
  const isAbsent = containing("Cannot find package 'onnxruntime-node'");
  expect(absent).toMatchObject([{ ...expected, why: isAbsent }]);
  expect(failing).toMatchObject([{ ...expected, why: containing('ld-linux.so.2') }]);
});

test('docs/doctor.md has an entry for every finding, and no other', async () => {
  const source = await readFile(new URL('../main/doctor/finding.ts', import.meta.url), 'utf8');
  const end = source.indexOf('export type Severity');
  const union = source.slice(source.indexOf('export type FindingId ='), end);
  const ids = Array.from(union.matchAll(/'([a-z-]+)'/g), ([, id]) => id);
  const docs = await readFile(join(ROOT, 'docs/doctor.md'), 'utf8');
  const entries = Array.from(docs.matchAll(/^\| `([a-z-]+)` \|/gm), ([, id]) => id);
  expect(ids.length).toBeGreaterThan(15);
  expect(entries.toSorted()).toEqual(ids.toSorted());
});
