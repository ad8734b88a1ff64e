import { destination } from '../arguments/places.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { repeated, wholeNumber } from '../arguments/values.ts';
import type { RegisterCommand } from '../command.ts';
import { recover } from '../publish/recover.ts';

interface Options extends SigningOptions {
  readonly seen?: readonly string[];
  readonly skip?: number;
}

/**
 * Default for --skip: far more versions than a backup is behind, and few enough to search in the
 * log.
 */
const SKIP = 1_000;

export const registerRecover: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('recover')
      .description(
        'sign a registry that was restored from a backup, so that devices follow it again',
      ),
  )
    .option(
      '--seen <place>',
      'newer copy: a URL, a folder or s3://bucket/prefix; repeat it for each copy',
      repeated((text) => (/^https?:/.test(text) ? text : destination(text))),
    )
    .option(
      '--skip <n>',
      `metadata versions to skip above the highest known (default: 0 with --seen, else ${SKIP})`,
      wholeNumber(0, 10_000),
    )
    .addHelpText(
      'after',
      `
It needs the keys of targets, channels, snapshot and timestamp. Run it before you publish anything
else. It also lists the versions and revocations that newer copies have and this registry lacks.

Examples:
  perigee recover --to ./registry --seen https://models.example.com/
  perigee recover --to ./registry                                      without a newer copy`,
    )
    .action(async (options: Options) => {
      const { to, seen = [], skip = seen.length > 0 ? 0 : SKIP } = options;
      const { metadataVersion, lacks } = await recover(await publisherOf(options), { seen, skip });
      for (const lack of lacks) io.err(`! ${to} ${lack}`);
      const things = `${lacks.length} thing${lacks.length === 1 ? '' : 's'}`;
      io.out(
        `${to} is at metadata ${metadataVersion}, above all versions seen. Devices follow it again.` +
          (lacks.length > 0 ? ` It lacks ${things} that a copy has.` : ''),
      );
    });
};
