import type { CompareAnswer } from '../../../../src/api.ts';
import { capital, dateTime } from '../../../format.ts';
import { shortfallText } from '../../../parts/shortfall.ts';

const VERDICT = {
  harm: { word: 'Harm', tone: 'bad' },
  'no-harm-seen': { word: 'No harm seen', tone: 'good' },
  'too-little-data': { word: 'Not enough yet', tone: '' },
} as const;

interface Props {
  readonly data: CompareAnswer;
}

/** Whether the challenger is worse, and the reasons. */
export function Verdict({ data }: Props) {
  const { word, tone } = VERDICT[data.verdict];
  return (
    <div className={`verdict ${tone}`}>
      <b>{data.shortfall === null ? word : capital(shortfallText(data.shortfall))}</b>{' '}
      <span className="muted small">since {dateTime(data.from)}</span>
      <ul>
        {reasonsOf(data).map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {data.harmSince !== null && (
        <p className="small muted">
          Harm was first seen on {dateTime(data.harmSince)}. The verdict stays until a new rollout
          of this version begins. Later uploads do not change it.
        </p>
      )}
    </div>
  );
}

function reasonsOf({ verdict, reasons, shortfall }: CompareAnswer): readonly string[] {
  if (verdict === 'too-little-data')
    return [
      `Only hours and device groups in which both versions ran are compared` +
        (shortfall?.of === 'sessions'
          ? `; ${shortfall.version} has the fewest sessions there. `
          : '. ') +
        'Until there is enough, the differences below neither show harm nor rule it out.',
    ];
  return reasons.length === 0
    ? ['No two independent signals show that the new version is worse.']
    : reasons;
}
