import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  layout,
  memoryTrust,
  parseChannelFile,
  refreshRegistry,
  resolveChannelFile,
} from '@perigee/registry';
import type { ChannelFile, FetchMetadata, RegistryState } from '@perigee/registry';
import { afterAll, beforeAll, expect } from 'vitest';
import { decryptKey, encryptKey } from '../keys/key-file.ts';
import { runProgram } from '../program.ts';
import { openFolder } from '../publish/folder.ts';
import { readRegistry } from '../publish/registry.ts';

const MODEL = fileURLToPath(
  new URL('../../../../models/wdbc/versions/1.0.0/model.onnx', import.meta.url),
);

const PASSPHRASE = 'of keys that last a test';

export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line, as a shell would. */
export async function perigee(...args: string[]): Promise<Answer> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/**
 * Waits for a command that must succeed.
 * @throws when the exit code is not 0
 */
export async function done(command: Promise<Answer>): Promise<Answer> {
  const answer = await command;
  if (answer.code !== 0) throw new Error(answer.err);
  return answer;
}

/**
 * The files of an operator: a folder with keys, packed releases and registries. The root key is in
 * `safe`, the other keys are in `keys`.
 */
export interface Operator {
  readonly at: (name: string) => string;
  /** Creates a registry, signed with the operator's keys. */
  registry(name: string): Promise<string>;
  /** Packs `wdbc@<version>`, or another model name. All releases have the same model file. */
  pack(version: string, name?: string): Promise<void>;
  /** Runs a command that signs, on a registry; it must end with 0. */
  on(registry: string, ...args: string[]): Promise<Answer>;
  /** Runs a command that signs, on a registry. The command may fail. */
  tryOn(registry: string, ...args: string[]): Promise<Answer>;
  channels(registry: string, model?: string): Promise<ChannelFile>;
  /** A device that trusts the registry's root. Each call refreshes its metadata. */
  device(registry: string): Promise<(now?: Date) => Promise<RegistryState>>;
}

/** Sets up an operator for all tests of a file. */
export function operator(): Operator {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perigee-operator-'));
    process.env['PERIGEE_KEY_PASSPHRASE'] = PASSPHRASE;
    await done(
      perigee(
        'pack',
        MODEL,
        '--name',
        'wdbc',
        '--version',
        '0.0.1',
        '--golden-count',
        '1',
        '--out',
        at('releases'),
      ),
    );
    await done(
      perigee('init', '--to', at('empty'), '--keys', at('keys'), '--root', at('root.json')),
    );
    await makeCheap(at('keys'));
    await mkdir(at('safe'));
    await rename(at('keys/root.key.json'), at('safe/root.key.json'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const tryOn: Operator['tryOn'] = (registry, ...args) =>
    perigee(
      ...args,
      '--to',
      at(registry),
      ...(args.includes('--keys') ? [] : ['--keys', at('keys')]),
      ...(args[0] === 'publish' ? ['--from', at('releases')] : []),
    );
  return {
    at,
    tryOn,
    on: (registry, ...args) => done(tryOn(registry, ...args)),
    async registry(name) {
      await cp(at('empty'), at(name), { recursive: true });
      return name;
    },
    async pack(version, name = 'wdbc') {
      const to = at(`releases/${name}/${version}`);
      await cp(at('releases/wdbc/0.0.1'), to, { recursive: true });
      const manifest = JSON.parse(await readFile(join(to, 'manifest.json'), 'utf8')) as object;
      await writeFile(join(to, 'manifest.json'), JSON.stringify({ ...manifest, name, version }));
    },
    async device(registry) {
      const trust = memoryTrust(new Uint8Array(await readFile(at('root.json'))));
      const fetch: FetchMetadata = (file) => openFolder(at(registry)).read(layout.metadata(file));
      return (now = new Date()) => refreshRegistry({ trust, fetch, now });
    },
    async channels(registry, model = 'wdbc') {
      const { state, folder: files } = await readRegistry(at(registry));
      expect(Object.keys(state.channels)).toContain(layout.channelTarget(model));
      return parseChannelFile((await files.read(resolveChannelFile(state, model).path))!);
    },
  };
}

/**
 * Encrypts the keys of a folder with a cheaper key derivation, because each command decrypts them.
 */
export async function makeCheap(folder: string, passphrase = PASSPHRASE): Promise<void> {
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.key.json'))) {
    const path = join(folder, name);
    const key = await decryptKey(await readFile(path, 'utf8'), passphrase, path);
    await writeFile(path, await encryptKey(key, passphrase, { N: 2 ** 10, r: 8, p: 1 }));
  }
}
