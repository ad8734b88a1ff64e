import type { Command } from 'commander';
import { packedSource, publishedSource } from '../card/card-source.ts';
import type { CardSource } from '../card/card-source.ts';
import { CommandError } from '../command.ts';
import { releaseName } from './names.ts';
import type { ReleaseName } from './names.ts';
import { DEFAULT_RELEASES, destination, folderPath } from './places.ts';

/** Options of commands that read a release before or after it is published. */
export interface SourceOptions {
  readonly registry?: string;
  readonly from?: string;
}

/** Adds the argument for the release and the options for its place. */
export function withSource(command: Command): Command {
  return command
    .argument('<release>', 'name@version', releaseName)
    .option(
      '--registry <registry>',
      'registry with the release: a folder or s3://bucket/prefix',
      destination,
    )
    .option(
      '--from <folder>',
      `folder of packed releases (default without --registry: ${DEFAULT_RELEASES})`,
      folderPath,
    );
}

/**
 * Reads the release that the arguments name.
 * @throws CommandError when there is no such release, or both places are given
 */
export async function sourceOf(
  { name, version }: ReleaseName,
  { registry, from }: SourceOptions,
): Promise<CardSource> {
  if (registry !== undefined && from !== undefined)
    throw new CommandError(
      'Give --registry or --from, not both: the release is read from one place.',
    );
  return registry === undefined
    ? packedSource(from ?? DEFAULT_RELEASES, name, version)
    : publishedSource(registry, name, version);
}
