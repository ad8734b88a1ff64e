import type { RegisterCommand } from '../command.ts';
import { recover } from '../publish/recover.ts';
import { destination, wholeNumber } from './shared.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';

interface Options extends SigningOptions {
  readonly seen: readonly string[];
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
        'after restoring a backup: sign everything anew, with versions above those that devices ' +
          'have seen',
      ),
  )
    .option(
      '--seen <place>',
      'a newer copy, as a URL, a folder or s3://bucket/prefix; repeat it',
      (text: string, places: string[]) => [
        ...places,
        /^https?:/.test(text) ? text : destination(text),
      ],
      [],
    )
    .option(
      '--skip <n>',
      `versions to skip beyond the highest known (default: 0 with --seen, else ${SKIP})`,
      wholeNumber(0, 10_000),
    )
    .addHelpText(
      'after',
      `
Needs the keys of targets, channels, snapshot and timestamp. Run it before anything else is
published.
Examples:
  perigee recover --to ./registry --seen https://models.example.com/
  perigee recover --to ./registry                                      no newer copy is left

It also tells which versions and revocations the newer copies have and this registry lacks.`,
    )
    .action(async (options: Options) => {
      const { seen, skip = seen.length > 0 ? 0 : SKIP } = options;
      const { metadataVersion, lacks } = await recover(await publisherOf(options), { seen, skip });
      for (const lack of lacks) io.err(`! ${options.to} ${lack}`);
      const things = `${lacks.length} thing${lacks.length === 1 ? '' : 's'}`;
      io.out(
        `${options.to} is at metadata ${metadataVersion}, above all that was seen; devices ` +
          'follow it again.' +
          (lacks.length > 0 ? ` It lacks ${things} that a copy has.` : ''),
      );
    });
};
