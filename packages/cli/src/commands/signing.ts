import type { Command } from 'commander';
import { openKeyFolder } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';
import type { Publisher } from '../publish/registry.ts';
import { destination } from './shared.ts';

/** Options of every command that signs. */
export interface SigningOptions {
  readonly to: string;
  readonly keys: string;
  readonly passphraseFile?: string;
}

export const DEFAULT_KEYS = '.perigee/keys';

export function withSigning(command: Command): Command {
  return command
    .requiredOption(
      '--to <registry>',
      'a folder, which any static host can serve, or s3://bucket/prefix',
      destination,
    )
    .option('--keys <folder>', 'where the signing keys are, encrypted', DEFAULT_KEYS)
    .option(
      '--passphrase-file <path>',
      'file with the passphrase of the keys (default: PERIGEE_KEY_PASSPHRASE, else it is ' +
        'asked for)',
    );
}

export async function publisherOf({
  to,
  keys,
  passphraseFile,
}: SigningOptions): Promise<Publisher> {
  return { to, keys: await openKeyFolder(keys, await passphrase(passphraseFile)) };
}
