import type { CompareAnswer } from '../../../../src/api.ts';
import { percent, probability } from '../../../format.ts';

/** p-value below which the share of sessions differs from the share that the rollout asks for. */
const UNLIKELY = 0.001;

interface Props {
  readonly ratio: CompareAnswer['sampleRatio'];
  readonly challenger: string;
}

/** The challenger's share of the sessions, beside the share that its rollout asks for. */
export function SampleRatio({ ratio: { observed, expected, pValue }, challenger }: Props) {
  const chance = pValue === null ? '' : ` (p ${probability(pValue)})`;
  const asked =
    expected === null
      ? 'The share that its rollout asks for is unknown.'
      : `Its rollout asks for ${percent(expected)}${chance}.`;
  if (observed === null)
    return (
      <p className="small muted">
        The share of {challenger} is not known yet, because devices take up to a day to follow a
        change of their channel. {asked}
      </p>
    );
  return (
    <p className="small muted">
      {challenger} has <b>{percent(observed)}</b> of the sessions of both versions. {asked}
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
