import type { Channel, ChannelChange, ChannelFile } from '@perigee/registry';
import type { Mark } from '../../api-alerts.ts';

type ChannelMark = Omit<Mark, 'at' | 'alert'>;

/** Changes in the channels of a model, oldest first. Changes without a time are left out. */
export function channelMarks(changes: readonly ChannelChange[]): Mark[] {
  return changes.flatMap(({ file }, i) => {
    const atMs = Date.parse(file.updatedAt ?? '');
    if (Number.isNaN(atMs)) return [];
    const at = new Date(atMs).toISOString();
    const why = file.note ? ` (${file.note})` : '';
    return changesBetween(changes[i - 1]?.file, file).map((mark) => ({
      ...mark,
      at,
      text: `${mark.text}${why}`,
      alert: null,
    }));
  });
}

function changesBetween(before: ChannelFile | undefined, after: ChannelFile): ChannelMark[] {
  const channels = Object.entries(after.channels).flatMap(([name, channel]) =>
    channelChange(name, before?.channels[name], channel),
  );
  const revoked = (after.revoked ?? [])
    .filter(({ version }) => !before?.revoked?.some((one) => one.version === version))
    .map(({ version, reason }): ChannelMark => ({
      kind: 'revoked',
      version,
      text: `${version} was revoked: ${reason}`,
    }));
  const floor: ChannelMark[] =
    after.floor !== undefined && after.floor !== before?.floor
      ? [
          {
            kind: 'revoked',
            version: after.floor,
            text: `versions below ${after.floor} were revoked`,
          },
        ]
      : [];
  return [...channels, ...revoked, ...floor];
}

function channelChange(name: string, before: Channel | undefined, after: Channel): ChannelMark[] {
  const marks: ChannelMark[] = [];
  const takenBack = (after.takenBack ?? []).filter((one) => !before?.takenBack?.includes(one));
  for (const version of takenBack)
    marks.push({
      kind: 'rolled-back',
      version,
      text: `${version} was rolled back from ${name}, to ${after.version}`,
    });
  if (after.version !== before?.version && takenBack.length === 0)
    marks.push({
      kind: 'released',
      version: after.version,
      text: `${after.version} was released to all of ${name}`,
    });
  const [rollout, old] = [after.rollout, before?.rollout];
  if (rollout && (rollout.version !== old?.version || rollout.permyriad !== old.permyriad))
    marks.push({
      kind: 'rollout',
      version: rollout.version,
      text: `${rollout.version} went to ${rollout.permyriad / 100} % of ${name}`,
    });
  const isOver =
    old && !rollout && old.version !== after.version && !takenBack.includes(old.version);
  if (isOver)
    marks.push({
      kind: 'rolled-back',
      version: old.version,
      text: `the rollout of ${old.version} on ${name} was halted`,
    });
  return marks;
}
