import type { Command } from 'commander';
import { openKeyFolder } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';
import type { Publisher } from '../publish/registry.ts';
import { destination } from './places.ts';

/** Options of a command that opens signing keys. */
export interface KeyOptions {
  readonly keys: string;
  readonly passphraseFile?: string;
}

/** Options of a command that signs a registry. */
export interface SigningOptions extends KeyOptions {
  readonly to: string;
}

/** Adds the options of `SigningOptions`. */
export function withSigning(command: Command): Command {
  return withKeys(
    command.requiredOption(
      '--to <registry>',
      'registry: a folder that any static host can serve, or s3://bucket/prefix',
      destination,
    ),
  );
}

/** Adds the options of `KeyOptions`. */
export function withKeys(command: Command): Command {
  return command
    .option('--keys <folder>', 'folder of the encrypted signing keys', '.perigee/keys')
    .option(
      '--passphrase-file <path>',
      'file with the passphrase of the keys (default: PERIGEE_KEY_PASSPHRASE, or a prompt)',
    );
}

/** Opens the keys of the options. */
export async function publisherOf({
  to,
  keys,
  passphraseFile,
}: SigningOptions): Promise<Publisher> {
  return { to, keys: await openKeyFolder(keys, await passphrase(passphraseFile)) };
}
