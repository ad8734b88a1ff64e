import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Option } from 'commander';
import type { SigningKey } from '@perigee/registry';
import { keyNameList } from '../arguments/names.ts';
import { withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { wholeNumber } from '../arguments/values.ts';
import { CommandError } from '../command.ts';
import type { Io, RegisterCommand } from '../command.ts';
import { createKey, keyNames, readKey } from '../keys/key-folder.ts';
import { keysOf } from '../keys/keys.ts';
import { passphrase } from '../keys/passphrase.ts';
import { initRegistry, ROLES } from '../publish/registry.ts';
import type { RoleName, RoleSigners } from '../publish/registry.ts';

interface Options extends SigningOptions {
  readonly root: string;
  readonly rootKeys: readonly string[];
  readonly threshold: number;
}

/**
 * Default key of each role. The keys that CI needs every day are separate from the key that
 * introduces models, and from the root key.
 */
const DEFAULT_KEY: Readonly<Record<Exclude<RoleName, 'root'>, string>> = {
  targets: 'targets',
  channels: 'online',
  snapshot: 'online',
  timestamp: 'online',
};

export const registerInit: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('init')
      .description('make an empty signed registry, its keys, and the root file for your app'),
  )
    .option('--root <file>', 'file to write the root to, for your app', 'perigee-root.json')
    .addOption(
      new Option('--root-keys <names>', 'keys of the root role, like a,b')
        .argParser(keyNameList)
        .default(['root'], 'root'),
    )
    .option('--threshold <n>', 'how many root keys must sign a new root', wholeNumber(1, 16), 1)
    .addHelpText(
      'after',
      `
Three keys are made in --keys, unless they exist: root (keep it offline), targets (signs new
models) and online (signs channels, snapshot and timestamp; CI needs only this one). One passphrase
encrypts them. Copy root and targets elsewhere and delete them here.

Examples:
  perigee init --to ./registry
  perigee init --to s3://models/prod --root-keys ada,grace,edsger --threshold 2`,
    )
    .action(async (options: Options) => {
      const { to, keys: folder, root: rootFile, rootKeys, threshold } = options;
      if (threshold > rootKeys.length)
        throw new CommandError(
          `--threshold ${threshold} needs ${threshold} root keys, and --root-keys names ` +
            `${rootKeys.length}. Name more: --root-keys a,b,c`,
        );
      const keys = await openOrCreateKeys(options, io);
      const { root } = await initRegistry(
        { to, keys: keysOf([...keys.values()], folder) },
        signersOf(keys, options),
      );
      await mkdir(dirname(rootFile), { recursive: true });
      await writeFile(rootFile, root);
      io.out(
        `${to} is a registry now, signed by ${ROLES.length} roles. Compile ${rootFile} into ` +
          `your app: createPerigee({ registry, trustedRoot }). The keys are in ${folder}; move ` +
          'root and targets to a safe place.',
      );
    });
};

/** The keys of all roles, by name. */
async function openOrCreateKeys(
  { keys: folder, passphraseFile, rootKeys }: Options,
  io: Io,
): Promise<ReadonlyMap<string, SigningKey>> {
  const secret = await passphrase(passphraseFile);
  const existing = await keyNames(folder);
  const keys = new Map<string, SigningKey>();
  for (const name of new Set([...rootKeys, ...Object.values(DEFAULT_KEY)])) {
    const exists = existing.includes(name);
    const key = await (exists ? readKey(folder, name, secret) : createKey(folder, name, secret));
    keys.set(name, key);
    io.err(`… ${exists ? 'using' : 'made'} key ${name}`);
  }
  return keys;
}

function signersOf(
  keys: ReadonlyMap<string, SigningKey>,
  { rootKeys, threshold }: Options,
): RoleSigners {
  const named = (...names: readonly string[]): SigningKey[] =>
    names.flatMap((name) => keys.get(name) ?? []);
  return {
    root: { keys: named(...rootKeys), threshold },
    targets: { keys: named(DEFAULT_KEY.targets) },
    channels: { keys: named(DEFAULT_KEY.channels) },
    snapshot: { keys: named(DEFAULT_KEY.snapshot) },
    timestamp: { keys: named(DEFAULT_KEY.timestamp) },
  };
}
