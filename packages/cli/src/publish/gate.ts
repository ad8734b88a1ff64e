import type { Manifest } from '@perigee/registry';
import { CommandError } from '../command.ts';

/** The channel with requirements, because all users follow it. */
const GATED = 'stable';

/**
 * Items that a release lacks for a channel, each with its remedy. Empty if the release may be published
 * there.
 */
export function lacksFor(
  { card, license, golden, governance = {} }: Manifest,
  channel: string,
): string[] {
  if (channel !== GATED) return [];
  const { metrics = [], owner, intendedUse, datasets = [] } = governance;
  // An empty field counts as missing.
  const lacks = (text: string | undefined): boolean => text === undefined || text.trim() === '';
  return [
    ...(card ? [] : ['a model card: pack with --card README.md']),
    ...(lacks(license) ? ['a licence: pack with --license MIT'] : []),
    ...(golden ? [] : ['golden samples: pack with --golden or --golden-count']),
    ...(metrics.length > 0
      ? []
      : [
          'metrics: "perigee eval … --write" measures them, or "metrics" in --governance ' +
            'governance.json',
        ]),
    ...(lacks(owner) ? ['an owner: "owner" in --governance governance.json'] : []),
    ...(lacks(intendedUse)
      ? ['an intended use: "intendedUse" in --governance governance.json']
      : []),
    ...datasets
      .filter(({ sha256 }) => sha256 === undefined)
      .map(
        ({ name }) =>
          `the digest of the dataset "${name}": "sha256" in --governance governance.json`,
      ),
  ];
}

/**
 * Checks the requirements of a channel.
 * @throws CommandError listing everything that is missing
 */
export function passGate(
  manifest: Manifest,
  channel: string,
  incomplete: string | undefined,
): void {
  const lacks = lacksFor(manifest, channel);
  if (lacks.length === 0 || incomplete !== undefined) return;
  throw new CommandError(
    `${manifest.name}@${manifest.version} may not go to "${channel}" yet. It ` +
      `lacks:\n${lacks.map((lack) => `  - ${lack}`).join('\n')}\nPublish it to another ` +
      'channel (--channel canary), or allow it with --incomplete "why", which the log records.',
  );
}
