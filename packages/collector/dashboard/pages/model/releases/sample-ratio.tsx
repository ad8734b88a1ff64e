import type { CompareAnswer } from '../../../../src/api.ts';
import { count, percent, probability } from '../../../format.ts';
import { shortfallText } from '../../../parts/shortfall.ts';

/** p-value below which the share of sessions differs from the share that the rollout asks for. */
const UNLIKELY = 0.001;

interface Props {
  readonly ratio: CompareAnswer['sampleRatio'];
  readonly challenger: string;
}

/** The challenger's share of the sessions, beside the share that its rollout asks for. */
export function SampleRatio({ ratio, challenger }: Props) {
  const { observed, expected, pValue, sessions, shortfall } = ratio;
  const chance =
    shortfall !== null
      ? ` (${shortfallText(shortfall)} to compare them)`
      : pValue === null
        ? ''
        : ` (p ${probability(pValue)})`;
  const counted = (
    <>
      {challenger} has{' '}
      <b>
        {count(sessions.challenger)} of {count(sessions.champion + sessions.challenger)}
      </b>{' '}
      sessions of both versions
    </>
  );
  const asked =
    expected === null
      ? 'The share that its rollout asks for is unknown.'
      : `Its rollout asks for ${percent(expected)}${chance}.`;
  if (observed === null)
    return (
      <p className="small muted">
        So far, {counted}. {asked} Both are compared a day after the last change of the channel:
        devices take up to a day to follow it.
      </p>
    );
  return (
    <p className="small muted">
      {counted} ({percent(observed)}). {asked}
      {pValue !== null && pValue < UNLIKELY && (
        <>
          {' '}
          <span className="badge warn">sample ratio mismatch</span> Sessions may be missing, or the
          versions may run on different kinds of devices. The comparison may be wrong.
        </>
      )}
    </p>
  );
}
