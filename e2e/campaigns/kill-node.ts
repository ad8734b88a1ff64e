import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStaticHost } from '../support/static-host.ts';
import { matrix, moments, seeded, stepOf } from './moments.ts';
import type { Moment, Seen } from './moments.ts';
import { makeRegistry } from './registry.ts';

const DEVICE = fileURLToPath(new URL('device.mjs', import.meta.url));
/** Of a whole update, about; more kinds of moments than there are do no harm: the device is then killed after it, or not at all. */
const REQUESTS = 24;
const CHANGES = 40;
const SPAN_MS = 900;

/** SIGKILLs a device with a store of files while it updates, then starts it again without network: it must answer with the old version or the new one. */
export async function killNode(folder: string, kills: number, seed: number): Promise<{ seen: Seen[]; table: string }> {
  const registry = await makeRegistry(join(folder, 'registry'));
  const host = await startStaticHost({ '/registry/': registry.folder });
  const url = `${host.url}registry/`;
  const template = join(folder, 'template');
  const expected = new Map<string, string>();
  const note = (line: string): void => {
    const { version, scores } = JSON.parse(line) as { version: string; scores: number[] };
    expected.set(version, JSON.stringify(scores));
  };
  note((await run([url, template, 'latest'])).out);
  await registry.offerNew();
  note((await run([url, join(folder, 'reference'), 'latest'])).out);

  const seen: Seen[] = [];
  for (const [i, moment] of moments(kills, REQUESTS, CHANGES, SPAN_MS, seeded(seed)).entries()) {
    const store = join(folder, `device-${i}`);
    cpSync(template, store, { recursive: true });
    const step = await killAt(moment, url, store, host);
    host.onRequest(() => true);
    const { code, out, err } = await run([url, store, 'local']);
    host.onRequest(() => false);
    const answer = code === 0 ? (JSON.parse(out) as { version: string; scores: number[] }) : undefined;
    const right = answer && expected.get(answer.version) === JSON.stringify(answer.scores);
    const outcome = !answer ? 'neither' : !right ? 'mixture' : answer.version === '1.0.0' ? 'old' : 'new';
    // And with the network back it gets there.
    const after = await run([url, store, 'latest']);
    const arrived = after.code === 0 && (JSON.parse(after.out) as { version: string }).version === '1.1.0';
    seen.push({ moment, step, outcome: arrived ? outcome : 'neither', detail: `${out}${err}${arrived ? '' : ` then: ${after.err}`}` });
    rmSync(store, { recursive: true, force: true });
  }
  await host.close();
  return { seen, table: matrix('Node, files', seen) };
}

async function killAt(moment: Moment, url: string, store: string, host: Awaited<ReturnType<typeof startStaticHost>>): Promise<string> {
  let last: string | undefined;
  let requests = 0;
  let changes = 0;
  const child = start([url, store, 'latest']);
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

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [DEVICE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(args);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}
