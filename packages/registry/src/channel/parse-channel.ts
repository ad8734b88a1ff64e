import { LIMITS } from '../manifest/limits.ts';
import { modelName, version } from '../manifest/parse-manifest.ts';
import { reader } from '../manifest/reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';
import { isChannelName } from '../model-ref.ts';
import { BUCKETS } from './bucket.ts';
import type { Channel, ChannelFile, Experiment, Revocation, Rollout } from './channel.ts';

/**
 * Parses and checks a channel file.
 * @throws RegistryError INVALID_MANIFEST naming the path of the fault
 * @example
 * ```ts
 * const file = parseChannelFile(bytes);
 * file.channels['stable']?.version; // '1.4.0'
 * ```
 */
export function parseChannelFile(bytes: Uint8Array): ChannelFile {
  const root = reader(parseJson(bytes, 'channel file', LIMITS.manifestBytes));
  const floor = root.optional('floor', version);
  const revoked = root.optional('revoked', (list) => list.list(LIMITS.revoked, readRevocation));
  const updatedAt = root.optional('updatedAt', (field) => field.text(LIMITS.nameLength));
  const note = root.optional('note', (field) => field.text());
  const experiments = root.optional('experiments', (list) =>
    list.list(LIMITS.experiments, readExperiment),
  );
  return {
    schema: root.field('schema').oneOf(['perigee-channels/1']),
    model: modelName(root.field('model')),
    sequence: root.field('sequence').integer(1, Number.MAX_SAFE_INTEGER),
    channels: Object.fromEntries(
      root.field('channels').entries(LIMITS.channels, (item, name) => {
        if (!isChannelName(name))
          item.fail(
            'a channel name of lower-case letters, digits, ".", "_" and "-", beginning with ' +
              'a letter',
          );
        return readChannel(item);
      }),
    ),
    ...(updatedAt !== undefined && { updatedAt }),
    ...(note !== undefined && { note }),
    ...(floor !== undefined && { floor }),
    ...(revoked && { revoked }),
    ...(experiments && { experiments }),
  };
}

function readChannel(item: Reader): Channel {
  const rollout = item.optional('rollout', readRollout);
  const takenBack = item.optional('takenBack', (list) => list.list(LIMITS.takenBack, version));
  return {
    version: version(item.field('version')),
    ...(rollout && { rollout }),
    ...(takenBack && { takenBack }),
  };
}

function readRollout(item: Reader): Rollout {
  const startAt = item.optional('startAt', (field) => {
    const text = field.text(LIMITS.nameLength);
    return Number.isNaN(Date.parse(text)) ? field.fail('a time like 2026-11-20T12:00:00Z') : text;
  });
  return {
    version: version(item.field('version')),
    permyriad: permyriad(item.field('permyriad')),
    salt: item.field('salt').text(LIMITS.saltLength),
    ...(startAt !== undefined && { startAt }),
  };
}

function readRevocation(item: Reader): Revocation {
  return { version: version(item.field('version')), reason: item.field('reason').text() };
}

function readExperiment(item: Reader): Experiment {
  const arms = item.field('arms').list(LIMITS.arms, (arm) => ({
    name: arm.field('name').text(LIMITS.nameLength),
    permyriad: permyriad(arm.field('permyriad')),
    version: version(arm.field('version')),
  }));
  if (arms.reduce((sum, arm) => sum + arm.permyriad, 0) > BUCKETS)
    item.field('arms').fail(`arms that add up to at most ${BUCKETS} permyriad`);
  return {
    id: item.field('id').text(LIMITS.nameLength),
    salt: item.field('salt').text(LIMITS.saltLength),
    arms,
  };
}

function permyriad(field: Reader): number {
  return field.integer(0, BUCKETS);
}
