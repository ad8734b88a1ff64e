import { keyName } from '../arguments/names.ts';
import { withKeys } from '../arguments/signing.ts';
import type { KeyOptions } from '../arguments/signing.ts';
import type { RegisterCommand } from '../command.ts';
import { createKey } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';

export const registerKeygen: RegisterCommand = (program, io) => {
  withKeys(
    program
      .command('keygen')
      .description('make a signing key, encrypted with a passphrase')
      .argument('<name>', 'name of the key, and of its file', keyName),
  )
    .addHelpText(
      'after',
      `
Examples:
  perigee keygen online-2
  perigee keygen root-2 --keys /media/safe`,
    )
    .action(async (name: string, { keys, passphraseFile }: KeyOptions) => {
      const { keyid } = await createKey(keys, name, await passphrase(passphraseFile));
      io.out(
        `${name} (${keyid.slice(0, 12)}) is in ${keys}. Give it to a role: perigee rotate ` +
          `<role> --new-keys ${name} --to …`,
      );
    });
};
