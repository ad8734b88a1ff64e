import type { RegisterCommand } from '../command.ts';
import { passGate } from '../publish/gate.ts';
import { readPublished } from '../publish/published-manifest.ts';
import { promote } from '../publish/publish.ts';
import { describePublish } from './publish.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { channelName, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

export const registerPromote: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('promote')
      .description('point a channel to a published version; a rollout on it is over')
      .argument('<release>', 'name@version', releaseName),
  )
    .option('--note <text>', 'why, for the log')
    .option(
      '--incomplete <reason>',
      'let it pass to "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'also a version that the channel left before')
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee promote digits@1.3.0 --to ./registry
  perigee promote digits@1.3.0 --to ./registry --channel canary
Back to an older version: perigee rollback digits --version 1.2.0 --to ./registry`,
    )
    .action(
      async (
        { name, version }: ReleaseName,
        options: SigningOptions & {
          channel: string;
          note?: string;
          incomplete?: string;
          force?: boolean;
          json?: boolean;
        },
      ) => {
        const { to, channel, note, json } = options;
        passGate(await readPublished(to, name, version), channel, options.incomplete);
        const result = await promote(await publisherOf(options), name, version, channel, {
          note: note ?? (options.incomplete && `incomplete: ${options.incomplete}`),
          force: options.force ?? false,
        });
        io.out(
          json
            ? JSON.stringify({ name, version, ...result })
            : describePublish(`${name}@${version}`, to, result),
        );
      },
    );
};
