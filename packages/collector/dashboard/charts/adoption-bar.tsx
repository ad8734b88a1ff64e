import { percent } from '../format.ts';
import { seriesColor } from './series-color.ts';

/** The share of each version in a model's sessions. */
export function AdoptionBar({
  shares,
}: {
  readonly shares: readonly { readonly version: string; readonly share: number }[];
}) {
  return (
    <div
      className="adoption"
      role="img"
      aria-label={
        'Sessions by version: ' +
        `${shares.map(({ version, share }) => `${version} ${percent(share, 0)}`).join(', ')}`
      }
    >
      {shares.map(
        ({ version, share }, i) =>
          share > 0 && (
            <i
              key={version}
              style={{ flexGrow: share, background: seriesColor(i) }}
              title={`${version}: ${percent(share)} of sessions`}
            />
          ),
      )}
    </div>
  );
}
