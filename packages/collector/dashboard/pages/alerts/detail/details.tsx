import { Link } from 'wouter';
import type { AlertView } from '../../../../src/api.ts';
import { scaleOf, Whisker } from '../../../charts/whisker.tsx';
import { AffectedSubjects, Contributions } from '../alert-subjects.tsx';
import { EffectText } from '../effect-text.tsx';

/** The statistics behind an alert, and the other alerts with its cause. */
export function Details({
  alert,
  related,
}: {
  readonly alert: AlertView;
  readonly related: readonly AlertView[];
}) {
  const { effect, rule } = alert;
  return (
    <section className="card stack tight alert" aria-labelledby="details">
      <h2 id="details">Details</h2>
      {related.length > 0 && (
        <div>
          <h3>Alerts with the same cause</h3>
          <ul className="plain same-cause">
            {related.map((one) => (
              <li key={one.id} className="small">
                <Link href={`/alerts/${encodeURIComponent(one.id)}`}>{one.headline}</Link>
              </li>
            ))}
          </ul>
        </div>
      )}
      <h3>Statistics</h3>
      <p className="small">
        <span className="muted">{rule}:</span> {alert.summary}
      </p>
      {rule !== 'cannot-judge' && (
        <div className="effect">
          <Whisker
            of={effect}
            scale={scaleOf([effect], [effect.threshold])}
            threshold={effect.threshold}
          />
          <p className="small">
            <EffectText alert={alert} />
          </p>
        </div>
      )}
      <Contributions alert={alert} />
      <AffectedSubjects alert={alert} />
    </section>
  );
}
