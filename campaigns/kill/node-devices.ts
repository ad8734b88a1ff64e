import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStaticHost } from '../../e2e/support/static-host.ts';
import { makeRegistry } from '../shared/two-versions.mjs';
import type { Seen } from './moments.ts';

const DEVICE = fileURLToPath(new URL('device.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Devices outside browsers, and a registry with a release that they have (1.0.0) and one that they
 * are offered (1.1.0). Knows which answer is right.
 */
export interface NodeDevices {
  readonly url: string;
  /** The store of a device that has 1.0.0. Copy it before use. */
  readonly template: string;
  readonly host: Awaited<ReturnType<typeof startStaticHost>>;
  outcomeOf(ended: Ended): Seen['outcome'];
  close(): Promise<void>;
}

export async function nodeDevices(folder: string): Promise<NodeDevices> {
  const registry = await makeRegistry(join(folder, 'registry'));
  const host = await startStaticHost({ '/registry/': registry.folder });
  const url = `${host.url}registry/`;
  const template = join(folder, 'template');
  const expected = new Map<string, string>();
  const note = ({ out, err, code }: Ended): void => {
    if (code !== 0) throw new Error(`A device without faults failed: ${err}`);
    const { version, scores } = JSON.parse(out) as { version: string; scores: number[] };
    expected.set(version, JSON.stringify(scores));
  };
  note(await runDevice([url, template, 'latest']));
  await registry.offerNew();
  note(await runDevice([url, join(folder, 'reference'), 'latest']));
  return {
    url,
    template,
    host,
    outcomeOf({ code, out }) {
      if (code !== 0) return 'neither';
      const { version, scores } = JSON.parse(out) as { version: string; scores: number[] };
      if (expected.get(version) !== JSON.stringify(scores)) return 'mixture';
      return version === '1.0.0' ? 'old' : 'new';
    },
    close: () => host.close(),
  };
}

export function startDevice(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [DEVICE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

export function runDevice(args: readonly string[]): Promise<Ended> {
  return endOf(startDevice(args));
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}
