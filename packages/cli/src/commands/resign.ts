import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import type { Io, RegisterCommand } from '../command.ts';
import { day, resign } from '../publish/resign.ts';
import type { UnsignedRole } from '../publish/resign.ts';
import { WARN_DAYS } from '../publish/warn-days.ts';

const DAY_MS = 86_400_000;

export const registerResign: RegisterCommand = (program, io) => {
  withSigning(
    program.command('resign').description('renew signatures before they expire; run it nightly'),
  )
    .addHelpText(
      'after',
      `
It signs only for the roles whose keys are in --keys. Keys that are kept elsewhere sign in a run of
their own. The root is renewed after half of its lifetime.

Examples:
  perigee resign --to ./registry
  perigee resign --to ./registry --keys /media/safe    with the root key, once a year`,
    )
    .action(async (options: SigningOptions) => {
      const { to, keys } = options;
      const { metadataVersion, resigned, left } = await resign(await publisherOf(options));
      const roles = left
        .map(({ role, expires }) => `${role} (valid until ${day(expires)})`)
        .join(', ');
      const unsigned =
        roles === '' ? '' : ` Not signed, because their keys are not in ${keys}: ${roles}.`;
      io.out(
        `${to}: metadata ${metadataVersion}; signed again: ${resigned.join(', ')}.${unsigned}`,
      );
      for (const role of left) warnOfExpiry(role, to, io);
    });
};

function warnOfExpiry({ role, expires }: UnsignedRole, to: string, io: Io): void {
  const days = Math.ceil((expires.getTime() - Date.now()) / DAY_MS);
  if (days > WARN_DAYS[role]) return;
  const when = days > 0 ? `expires in ${days} days, on` : 'expired on';
  io.err(
    `! The ${role} metadata ${when} ${day(expires)}. From then on devices take no updates. Sign ` +
      `it with its key: perigee resign --to ${to} --keys <folder with the ${role} key>`,
  );
}
