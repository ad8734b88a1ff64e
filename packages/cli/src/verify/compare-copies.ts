import type { Findings } from './findings.ts';
import { lacksOf, openCopy, refuseStranger } from '../publish/open-copy.ts';
import type { Copy } from '../publish/open-copy.ts';

/**
 * Reports differences between copies of a registry: a copy that is behind, or two copies that were
 * published to separately.
 * @throws CommandError for a copy of another registry
 */
export async function compareCopies(
  base: string,
  places: readonly string[],
  findings: Findings,
): Promise<void> {
  const own = await openCopy(base);
  for (const place of places) {
    const other = await openCopy(place);
    await refuseStranger(own, other);
    for (const lack of lacksOf(own, other)) findings.warn(base, lack);
    for (const lack of lacksOf(other, own)) findings.warn(place, lack);
    compareVersions(own, other, findings);
  }
}

function compareVersions(own: Copy, other: Copy, findings: Findings): void {
  const [a, b] = [own, other].map(({ registry }) => registry.roles.timestamp.version) as [
    number,
    number,
  ];
  if (a !== b) {
    const [behind, ahead] = a < b ? [own, other] : [other, own];
    findings.warn(
      behind.place,
      `is at metadata ${Math.min(a, b)}, ${ahead.place} at ${Math.max(a, b)}: devices that ` +
        'have seen the newer one refuse the older. Copy the newer one over it, or, if it was ' +
        `restored on purpose: perigee recover --to ${behind.place} --seen ${ahead.place}`,
    );
  } else if (snapshotOf(own) !== snapshotOf(other)) {
    findings.warn(
      own.place,
      `and ${other.place} have different contents as metadata ${a}: two machines published to ` +
        'separate copies. Choose one, publish what it lacks, then: perigee recover --to <it> --seen ' +
        '<the other>, and copy it over the other',
    );
  }
}

const snapshotOf = ({ registry: { roles } }: Copy): string =>
  JSON.stringify([...roles.snapshot.meta]);
