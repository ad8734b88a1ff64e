import { Argument } from 'commander';
import { keyNameList } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { wholeNumber } from '../arguments/values.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { readKey } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';
import { ROLES } from '../publish/registry.ts';
import type { RoleName } from '../publish/registry.ts';
import { rotateKeys } from '../publish/rotate.ts';

interface Options extends SigningOptions {
  readonly newKeys: readonly string[];
  readonly threshold: number;
}

export const registerRotate: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rotate')
      .description('replace the keys of a role, after a loss or theft, or as a routine')
      .addArgument(new Argument('<role>', ROLES.join(', '))),
  )
    .requiredOption(
      '--new-keys <names>',
      'new keys of the role, made with perigee keygen, like a,b',
      keyNameList,
    )
    .option('--threshold <n>', 'how many of the keys must sign', wholeNumber(1, 16), 1)
    .addHelpText(
      'after',
      `
A new root is signed by the old root keys and the new ones, so devices follow it by themselves. The
role targets names the keys of channels.

Examples:
  perigee keygen online-2 && perigee rotate timestamp --new-keys online-2 --to ./registry`,
    )
    .action(async (role: string, options: Options) => {
      const { to, newKeys, threshold } = options;
      if (!isRole(role))
        throw new CommandError(`There is no role "${role}". The roles are: ${ROLES.join(', ')}.`);
      const secret = await passphrase(options.passphraseFile);
      const keys = await Promise.all(newKeys.map((name) => readKey(options.keys, name, secret)));
      const publisher = await publisherOf(options);
      const { rootVersion, changed } = await rotateKeys(publisher, role, { keys, threshold });
      io.out(
        `${to}: the role ${role} is signed by ${newKeys.join(', ')} ` +
          `${changed ? 'now' : 'already; nothing was changed'} (root ${rootVersion}).`,
      );
    });
};

function isRole(text: string): text is RoleName {
  return ROLES.some((role) => role === text);
}
