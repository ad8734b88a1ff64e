import type { PublishResult } from '../publish/publish.ts';
import { humanBytes } from './bytes.ts';
import { channelsText } from './channels.ts';

/** The result of `publish()` or `promote()` as a sentence. */
export function publishText(
  release: string,
  to: string,
  { changed, channels, objectsWritten, deltas, metadataVersion }: PublishResult,
): string {
  const pointers = channelsText(channels) || 'no channel';
  if (!changed) return `${release} is already in ${to}; nothing to change (${pointers}).`;
  const saving =
    deltas.savedBytes > 0 ? `, which save an update ${humanBytes(deltas.savedBytes)}` : '';
  const deltasText =
    deltas.count > 0 ? `, ${deltas.count} deltas of ${humanBytes(deltas.bytes)}${saving}` : '';
  return (
    `${release} is in ${to} (metadata ${metadataVersion}, ${objectsWritten} new ` +
    `objects${deltasText}; ${pointers}).`
  );
}
