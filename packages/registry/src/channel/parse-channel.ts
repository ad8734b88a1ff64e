import { LIMITS } from '../manifest/limits.ts';
import { modelName, version } from '../manifest/parse-manifest.ts';
import { reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';
import { isChannelName } from '../model-ref.ts';
import type { ChannelFile } from './channel.ts';

/** @throws RegistryError INVALID_MANIFEST naming the path of the fault */
export function parseChannelFile(bytes: Uint8Array): ChannelFile {
  const root = reader(parseJson(bytes, 'channel file', LIMITS.manifestBytes));
  return {
    schema: root.field('schema').oneOf(['perigee-channels/1']),
    model: modelName(root.field('model')),
    sequence: root.field('sequence').integer(1, Number.MAX_SAFE_INTEGER),
    channels: Object.fromEntries(root.field('channels').entries(LIMITS.channels, (item, name) => {
      if (!isChannelName(name)) item.fail('a channel name of lower-case letters, digits, ".", "_" and "-", beginning with a letter');
      return { version: version(item.field('version')) };
    })),
  };
}
