import { formatModelRef, parseModelRef, resolveVersion, rolloutBucket } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import { randomUUID } from 'node:crypto';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { channelsText } from '../print/channels.ts';
import { table } from '../print/table.ts';
import { channelHistory } from '../publish/history.ts';
import { readChannels, readRegistry } from '../publish/registry.ts';
import { destination, modelName, wholeNumber } from './shared.ts';

export const registerLog: RegisterCommand = (program, io) => {
  program
    .command('log')
    .description('what the channels of a model named, when, and why')
    .argument('<model>', 'name', modelName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--json', 'print as JSON')
    .action(async (name: string, { registry, json }: { registry: string; json?: boolean }) => {
      const history = await channelHistory(await readRegistry(registry), name);
      if (history.length === 0) throw new CommandError(`${name} has no channels in ${registry}.`);
      io.out(
        json
          ? JSON.stringify(history)
          : table(
              ['#', 'when', 'channels', 'also', 'why'],
              history.map(({ file }) => [
                file.sequence,
                file.updatedAt?.slice(0, 19).replace('T', ' ') ?? '',
                channelsText(file.channels),
                alsoText(file),
                file.note ?? '',
              ]),
            ),
      );
    });
};

function alsoText({ floor, revoked = [], experiments = [] }: ChannelFile): string {
  return [
    ...(floor === undefined ? [] : [`floor ${floor}`]),
    ...revoked.map(({ version }) => `${version} revoked`),
    ...experiments.map(({ id }) => `experiment ${id}`),
  ].join(', ');
}

export const registerSimulate: RegisterCommand = (program, io) => {
  program
    .command('simulate')
    .description('which version a device would get, and why')
    .argument('<reference>', 'like digits, digits@canary, digits@^1')
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--install-id <id>', 'of the device')
    .option(
      '--devices <n>',
      'instead: the shares over so many made-up devices',
      wholeNumber(1, 1_000_000),
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee simulate digits --registry ./registry --install-id 00000000-0000-4000-8000-000000000000
  perigee simulate digits --registry ./registry --devices 10000`,
    )
    .action(
      async (
        text: string,
        {
          registry,
          installId,
          devices,
          json,
        }: { registry: string; installId?: string; devices?: number; json?: boolean },
      ) => {
        const ref = parseModelRef(text);
        const open = await readRegistry(registry);
        const channels = (await readChannels(open, ref.name)) ?? null;
        const choose = (id: string) =>
          resolveVersion(open.state, channels, ref, { installId: id, now: new Date() });
        if (devices === undefined) {
          if (installId === undefined)
            throw new CommandError(
              'Say which device: --install-id, or how many made-up ones: --devices 10000',
            );
          const { version, reason, arm } = await choose(installId);
          const rollout =
            ref.selector.kind === 'channel'
              ? channels?.channels[ref.selector.channel]?.rollout
              : undefined;
          const bucket = rollout && (await rolloutBucket(rollout.salt, installId));
          const percent = (rollout?.permyriad ?? 0) / 100;
          const place =
            bucket === undefined ? '' : `; bucket ${bucket} of the rollout to ${percent} %`;
          return io.out(
            json
              ? JSON.stringify({ version, reason, arm, bucket })
              : `${formatModelRef(ref)} is ${version} for ${installId}: ${reason}${place}`,
          );
        }
        const counts = new Map<string, number>();
        for (let i = 0; i < devices; i += 1) {
          const { version, arm } = await choose(randomUUID());
          const key = `${version}${arm === undefined ? '' : ` (${arm})`}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        const rows = [...counts].toSorted(([, a], [, b]) => b - a);
        io.out(
          json
            ? JSON.stringify(Object.fromEntries(rows))
            : table(
                ['version', 'devices', 'share'],
                rows.map(([version, count]) => [
                  version,
                  count,
                  `${((100 * count) / devices).toFixed(2)} %`,
                ]),
              ),
        );
      },
    );
};
