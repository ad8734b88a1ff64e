import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { readKey } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';
import { ROLES } from '../publish/registry.ts';
import type { RoleName } from '../publish/registry.ts';
import { day, resign, rotateKeys } from '../publish/resign.ts';
import { WARN_DAYS } from '../publish/warn-days.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { listOfNames, wholeNumber } from './shared.ts';

/** Commands that maintain a registry: signatures expire and keys change. */
export const registerResign: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('resign')
      .description(
        'sign what expires anew; run it nightly, or at least before the timestamp is over',
      ),
  )
    .addHelpText(
      'after',
      `
The root is renewed from half of its time on, where its key is at hand. Keys that are kept apart
sign alone:
Examples:
  perigee resign --to ./registry
  perigee resign --to ./registry --keys /media/safe    with the root key, once a year`,
    )
    .action(async (options: SigningOptions) => {
      const { metadataVersion, resigned, left } = await resign(await publisherOf(options));
      const apart = left
        .map(({ role, expires }) => `${role} (valid until ${day(expires)})`)
        .join(', ');
      const unsigned =
        apart === '' ? '' : ` Left as they are, their keys are not in ${options.keys}: ${apart}.`;
      io.out(
        `${options.to}: metadata ${metadataVersion}; signed anew: ` +
          `${resigned.join(', ')}.${unsigned}`,
      );
      for (const { role, expires } of left) {
        const days = Math.ceil((expires.getTime() - Date.now()) / 86_400_000);
        if (days <= WARN_DAYS[role])
          io.err(
            `! The ${role} metadata ${days > 0 ? `expires in ${days} days, on` : 'expired on'} ` +
              (`${day(expires)}. From then on devices take nothing new. Sign it with its key: ` +
                'perigee ') +
              `resign --to ${options.to} --keys <folder with the ${role} key>`,
          );
      }
    });
};

export const registerRotate: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rotate')
      .description('give a role other keys, after a loss or a theft or as a habit')
      .argument('<role>', ROLES.join(', ')),
  )
    .requiredOption(
      '--new-keys <names>',
      'keys of the role from now on, made with perigee keygen',
      listOfNames,
    )
    .option('--threshold <n>', 'how many of them must sign', wholeNumber(1, 16), 1)
    .addHelpText(
      'after',
      `
A new root is signed by the old root keys and the new ones; devices follow it by themselves. Keys of
channels are named by the targets role.
Examples:
  perigee keygen online-2 && perigee rotate timestamp --new-keys online-2 --to ./registry`,
    )
    .action(
      async (
        role: string,
        options: SigningOptions & { newKeys: readonly string[]; threshold: number },
      ) => {
        if (!ROLES.includes(role as RoleName))
          throw new CommandError(`There is no role "${role}". There is: ${ROLES.join(', ')}.`);
        const secret = await passphrase(options.passphraseFile);
        const keys = await Promise.all(
          options.newKeys.map((name) => readKey(options.keys, name, secret)),
        );
        const { rootVersion, changed } = await rotateKeys(
          await publisherOf(options),
          role as RoleName,
          { keys, threshold: options.threshold },
        );
        io.out(
          `${options.to}: the role ${role} is signed by ${options.newKeys.join(', ')} ` +
            `${changed ? 'now' : 'already; nothing was changed'} (root ${rootVersion}).`,
        );
      },
    );
};
