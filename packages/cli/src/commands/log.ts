import type { ChannelChange, ChannelFile } from '@perigee/registry';
import { modelName } from '../arguments/names.ts';
import { destination } from '../arguments/places.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { channelsText } from '../print/channels.ts';
import { table } from '../print/table.ts';
import { channelHistory } from '../publish/history.ts';
import { readRegistry } from '../publish/registry.ts';

interface Options {
  readonly registry: string;
  readonly json?: boolean;
}

export const registerLog: RegisterCommand = (program, io) => {
  program
    .command('log')
    .description("list the changes of a model's channels, with times and reasons")
    .argument('<model>', 'name of the model', modelName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee log digits --registry ./registry`,
    )
    .action(async (name: string, { registry, json }: Options) => {
      const history = await channelHistory(await readRegistry(registry), name);
      if (history.length === 0) throw new CommandError(`${name} has no channels in ${registry}.`);
      io.out(json ? JSON.stringify(history) : describe(history));
    });
};

function describe(history: readonly ChannelChange[]): string {
  return table(
    ['#', 'when', 'channels', 'also', 'why'],
    history.map(({ file }) => [
      file.sequence,
      file.updatedAt?.slice(0, 19).replace('T', ' ') ?? '',
      channelsText(file.channels),
      alsoText(file),
      file.note ?? '',
    ]),
  );
}

function alsoText({ floor, revoked = [], experiments = [] }: ChannelFile): string {
  return [
    ...(floor === undefined ? [] : [`floor ${floor}`]),
    ...revoked.map(({ version }) => `${version} revoked`),
    ...experiments.map(({ id }) => `experiment ${id}`),
  ].join(', ');
}
