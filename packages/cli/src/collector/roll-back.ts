import type { CollectorOptions, RollbackOrder } from '@perigee/collector';
import type { ChannelFile } from '@perigee/registry';
import type { KeyOptions } from '../arguments/signing.ts';
import { CommandError } from '../command.ts';
import { openKeyFolder } from '../keys/key-folder.ts';
import { passphrase } from '../keys/passphrase.ts';
import { changeChannels } from '../publish/channels.ts';
import type { Publisher } from '../publish/registry.ts';
import { rollBack } from '../publish/rollback.ts';

/** Options of a collector that rolls back. */
export interface RollBackOptions extends KeyOptions {
  readonly registry?: string;
  readonly rollbackTo?: string;
}

/**
 * Opens the keys of the options. Undefined without `--rollback-to`.
 * @throws CommandError without `--registry` or the admin key, or when the keys cannot be opened
 */
export async function rollBackOption({
  registry,
  rollbackTo: to,
  keys,
  passphraseFile,
}: RollBackOptions): Promise<CollectorOptions['rollBack']> {
  if (to === undefined) return undefined;
  if (registry === undefined)
    throw new CommandError(
      `--rollback-to ${to}: give --registry too, a folder or a URL from which the collector reads ` +
        'the same registry.',
    );
  if (process.env['PERIGEE_COLLECTOR_ADMIN_KEY'] === undefined)
    throw new CommandError(
      `--rollback-to ${to}: set PERIGEE_COLLECTOR_ADMIN_KEY too. Without it, anyone who reaches ` +
        'the collector could roll a release back.',
    );
  return rollBackWith({ to, keys: await openKeyFolder(keys, await passphrase(passphraseFile)) });
}

/** Rolls channels back as `perigee rollback` does. */
export function rollBackWith(publisher: Publisher): NonNullable<CollectorOptions['rollBack']> {
  return async ({ model, channel, from, version, note }) => {
    const { changed, file } = await changeChannels(
      publisher,
      model,
      (before, _versions, registry) =>
        isDone(before, { channel, from, version })
          ? before
          : rollBack(registry, before, { channel, version, force: false }),
      note.slice(0, 500),
    );
    return { changed, version: file.channels[channel]?.version ?? version };
  };
}

type Step = Pick<RollbackOrder, 'channel' | 'from' | 'version'>;

/**
 * True if the channel went back already.
 * @throws CommandError if the channel moved on to another version, which must not be taken back
 */
function isDone({ model, channels }: ChannelFile, { channel, from, version }: Step): boolean {
  const now = channels[channel];
  if (now?.version === from || now?.rollout?.version === from) return false;
  if (now?.version === version && !now.rollout) return true;
  const rollout = now?.rollout ? `, and a rollout of ${now.rollout.version}` : '';
  throw new CommandError(
    `"${channel}" of ${model} does not give ${from} to devices any more: it names ` +
      `${now?.version ?? 'no version'}${rollout}. Nothing was changed. Look at the page again.`,
  );
}
