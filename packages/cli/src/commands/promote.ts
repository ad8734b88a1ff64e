import { channelName, releaseName } from '../arguments/names.ts';
import type { ReleaseName } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import type { RegisterCommand } from '../command.ts';
import { publishText } from '../print/publish-result.ts';
import { passGate } from '../publish/gate.ts';
import { readPublished } from '../publish/published-manifest.ts';
import { promote } from '../publish/publish.ts';

interface Options extends SigningOptions {
  readonly channel: string;
  readonly note?: string;
  readonly incomplete?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export const registerPromote: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('promote')
      .description('point a channel to a published version, and end its rollout')
      .argument('<release>', 'name@version', releaseName),
  )
    .option('--channel <name>', 'channel to point to the version', channelName, 'stable')
    .option('--note <text>', 'reason, for the log')
    .option(
      '--incomplete <reason>',
      'allow "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'allow a version that the channel left before')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
To return to an older version: perigee rollback digits --version 1.2.0 --to ./registry

Examples:
  perigee promote digits@1.3.0 --to ./registry
  perigee promote digits@1.3.0 --to ./registry --channel canary`,
    )
    .action(async ({ name, version }: ReleaseName, options: Options) => {
      const { to, channel, note, incomplete, force = false, json } = options;
      passGate(await readPublished(to, name, version), channel, incomplete);
      const result = await promote(await publisherOf(options), name, version, channel, {
        note: note ?? (incomplete && `incomplete: ${incomplete}`),
        force,
      });
      io.out(
        json
          ? JSON.stringify({ name, version, ...result })
          : publishText(`${name}@${version}`, to, result),
      );
    });
};
