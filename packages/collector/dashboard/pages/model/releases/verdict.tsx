import { COMPARED_FROM_SESSIONS } from '../../../../src/api.ts';
import type { CompareAnswer } from '../../../../src/api.ts';
import { count, dateTime } from '../../../format.ts';

const VERDICT = {
  harm: { word: 'Harm', tone: 'bad' },
  'no-harm-seen': { word: 'No harm seen', tone: 'good' },
  'too-little-data': { word: 'Too little data', tone: '' },
} as const;

interface Props {
  readonly data: CompareAnswer;
}

/** Whether the challenger is worse, and the reasons. */
export function Verdict({ data }: Props) {
  const { word, tone } = VERDICT[data.verdict];
  return (
    <div className={`verdict ${tone}`}>
      <b>{word}</b> <span className="muted small">since {dateTime(data.from)}</span>
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

function reasonsOf({ verdict, reasons, metrics, challenger }: CompareAnswer): readonly string[] {
  if (verdict === 'too-little-data') {
    // The metric of failed sessions counts device-hours; this one counts sessions.
    const sessions = metrics.find(({ name }) => name === 'degraded-sessions')?.n.challenger ?? 0;
    return [
      `${challenger} has ${count(sessions)} sessions; a verdict needs ${COMPARED_FROM_SESSIONS}. ` +
        'Until then, the differences below neither show harm nor rule it out.',
    ];
  }
  return reasons.length === 0
    ? ['No two independent signals show that the new version is worse.']
    : reasons;
}
