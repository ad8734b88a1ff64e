import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SigningKey } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { createKey, keyNames, readKey } from '../keys/key-folder.ts';
import { keysOf } from '../keys/keys.ts';
import { passphrase } from '../keys/passphrase.ts';
import { initRegistry, ROLES } from '../publish/registry.ts';
import type { RoleName } from '../publish/registry.ts';
import { withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { keyName, listOfNames, wholeNumber } from './shared.ts';

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
      .description(
        'make an empty signed registry, the keys it needs, and the root file that apps compile in',
      ),
  )
    .option('--root <file>', 'where to write the root for your app', 'perigee-root.json')
    .option('--root-keys <names>', 'keys of the root role, several with --threshold', listOfNames, [
      'root',
    ])
    .option('--threshold <n>', 'how many of them must sign a new root', wholeNumber(1, 16), 1)
    .addHelpText(
      'after',
      `
Examples:
  perigee init --to ./registry
  perigee init --to s3://models/prod --root-keys ada,grace,edsger --threshold 2

Three keys are made in --keys unless they are there: root (keep it offline), targets (signs new
models), online (channels, snapshot and timestamp: what CI needs). They are encrypted with one
passphrase; copy root and targets elsewhere and delete them here.`,
    )
    .action(async (options: Options) => {
      const { to, keys: folder, passphraseFile, root: rootFile, rootKeys, threshold } = options;
      if (threshold > rootKeys.length)
        throw new CommandError(
          `--threshold ${threshold} cannot be reached by ${rootKeys.length} root ` +
            `key${rootKeys.length === 1 ? '' : 's'}. Name more: --root-keys a,b,c`,
        );
      const secret = await passphrase(passphraseFile);
      const there = await keyNames(folder);
      const keys = new Map<string, SigningKey>();
      for (const name of new Set([...rootKeys, ...Object.values(DEFAULT_KEY)])) {
        keys.set(
          name,
          there.includes(name)
            ? await readKey(folder, name, secret)
            : await createKey(folder, name, secret),
        );
        io.err(`… ${there.includes(name) ? 'using' : 'made'} key ${name}`);
      }
      const named = (names: readonly string[]): SigningKey[] =>
        names.flatMap((name) => keys.get(name) ?? []);
      const of = (role: keyof typeof DEFAULT_KEY): { keys: SigningKey[] } => ({
        keys: named([DEFAULT_KEY[role]]),
      });
      const signers = {
        root: { keys: named(rootKeys), threshold },
        targets: of('targets'),
        channels: of('channels'),
        snapshot: of('snapshot'),
        timestamp: of('timestamp'),
      };
      const { root } = await initRegistry(
        { to, keys: keysOf([...keys.values()], folder) },
        signers,
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

export const registerKeygen: RegisterCommand = (program, io) => {
  program
    .command('keygen')
    .description('make a signing key, encrypted with a passphrase')
    .argument('<name>', 'its file name in the folder', keyName)
    .option('--keys <folder>', 'where', '.perigee/keys')
    .option(
      '--passphrase-file <path>',
      'file with the passphrase (default: PERIGEE_KEY_PASSPHRASE, else it is asked for)',
    )
    .action(
      async (name: string, { keys, passphraseFile }: { keys: string; passphraseFile?: string }) => {
        const { keyid } = await createKey(keys, name, await passphrase(passphraseFile));
        io.out(
          `${name} (${keyid.slice(0, 12)}) is in ${keys}. Give it to a role: perigee rotate ` +
            `<role> --new-keys ${name} --to …`,
        );
      },
    );
};
