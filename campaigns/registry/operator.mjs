// An operator: a folder with keys, packed releases and one registry. Each command is a process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  layout,
  memoryTrust,
  parseChannelFile,
  refreshRegistry,
  resolveChannelFile,
} from '@perigee/registry';
import { readRegistry } from '@perigee/cli';
import { decryptKey, encryptKey } from '../../packages/cli/dist/keys/key-file.js';

const ROOT = new URL('../../', import.meta.url);
const BIN = fileURLToPath(new URL('packages/cli/bin/perigee.js', ROOT));
const MODEL = fileURLToPath(new URL('models/wdbc/versions/1.0.0/model.onnx', ROOT));
const PASSPHRASE = 'of keys that last a campaign';
const SIGNING = new Set(['publish', 'promote', 'rollout', 'rollback', 'revoke', 'recover']);

export const NAME = 'wdbc';

/** @typedef {Awaited<ReturnType<typeof openOperator>>} Operator */

/** @param {string} folder */
export async function openOperator(folder) {
  /** @param {string} name */
  const at = (name) => join(folder, name);
  const registry = at('registry');
  mkdirSync(folder, { recursive: true });

  /**
   * Resolves to the exit code, null if the process was killed.
   * @param {readonly string[]} args
   * @param {number} [killAfterMs]
   * @returns {Promise<{ code: number | null, said: string }>}
   */
  async function run(args, killAfterMs) {
    const [command = ''] = args;
    const more = SIGNING.has(command) ? ['--to', registry, '--keys', at('keys')] : [];
    const from = command === 'publish' ? ['--from', at('releases')] : [];
    const child = spawn(process.execPath, [BIN, ...args, ...more, ...from], {
      env: { ...process.env, PERIGEE_KEY_PASSPHRASE: PASSPHRASE },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const kill = () => child.kill('SIGKILL');
    const timer = killAfterMs === undefined ? undefined : setTimeout(kill, killAfterMs);
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    return { code, said };
  }

  /** @param {string[]} args */
  async function must(...args) {
    const { code, said } = await run(args);
    if (code !== 0) throw new Error(`perigee ${args.join(' ')}: ${said}`);
    return said;
  }

  const named = ['--name', NAME, '--version', '0.0.0', '--golden-count', '1'];
  await must('pack', MODEL, ...named, '--out', at('releases'));
  await must('init', '--to', registry, '--keys', at('keys'), '--root', at('root.json'));
  // Each command opens the keys, so they are encrypted with less work.
  for (const name of readdirSync(at('keys')).filter((file) => file.endsWith('.key.json'))) {
    const path = join(at('keys'), name);
    const key = await decryptKey(readFileSync(path, 'utf8'), PASSPHRASE, path);
    writeFileSync(path, await encryptKey(key, PASSPHRASE, { N: 2 ** 10, r: 8, p: 1 }));
  }
  const trust = memoryTrust(new Uint8Array(readFileSync(at('root.json'))));
  /** @param {string} file */
  const fetch = async (file) => {
    try {
      return new Uint8Array(readFileSync(join(registry, layout.metadata(file))));
    } catch {
      return undefined;
    }
  };

  return {
    at,
    registry,
    run,
    must,
    /** @param {string} version */
    pack(version) {
      const to = at(`releases/${NAME}/${version}`);
      cpSync(at(`releases/${NAME}/0.0.0`), to, { recursive: true });
      const manifest = JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8'));
      writeFileSync(join(to, 'manifest.json'), JSON.stringify({ ...manifest, version }));
    },
    /** The channel file, or undefined before the first release. */
    async channels() {
      const { state, folder: files } = await readRegistry(registry);
      if (!(layout.channelTarget(NAME) in state.channels)) return undefined;
      const bytes = await files.read(resolveChannelFile(state, NAME).path);
      if (!bytes) throw new Error('The registry has no channel file.');
      return parseChannelFile(bytes);
    },
    async versions() {
      const { state } = await readRegistry(registry);
      return Object.keys(state.targets).map((path) => path.split('/')[2] ?? '');
    },
    /**
     * The metadata version that a device accepts. The device never forgets the versions it has
     * seen.
     */
    refresh: async () => (await refreshRegistry({ trust, fetch, now: new Date() })).version,
    /** @param {string} name */
    copyTo(name) {
      rmSync(at(name), { recursive: true, force: true });
      cpSync(registry, at(name), { recursive: true });
    },
    /** @param {string} name */
    restore(name) {
      rmSync(registry, { recursive: true });
      cpSync(at(name), registry, { recursive: true });
    },
  };
}
