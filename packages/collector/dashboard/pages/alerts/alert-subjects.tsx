import { Link } from 'wouter';
import type { AlertView } from '../../../src/api.ts';
import { percent } from '../../format.ts';
import { alertPage } from '../../parts/alert-page.ts';

/** Maximum number of features that are listed with their contribution. */
const TOP = 5;
/** Maximum number of subjects that are listed by name. */
const MANY = 6;

interface Props {
  readonly alert: AlertView;
}

/** The features that contribute most to the effect. */
export function Contributions({ alert }: Props) {
  if (alert.topFeatures.length === 0) return null;
  return (
    <ul className="contributions" aria-label="Features by contribution">
      <li className="muted small" aria-hidden="true">
        <span>contribution</span>
      </li>
      {alert.topFeatures.slice(0, TOP).map(({ name, contribution }) => (
        <li key={name}>
          <Link href={alertPage(alert, { feature: name })}>{name}</Link>
          <span className="meter" aria-hidden="true">
            <i style={{ width: `${contribution * 100}%` }} />
          </span>
          <span className="muted">{percent(contribution, 0)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The names of the subjects, if the list of contributions does not have them. */
export function AffectedSubjects({ alert: { subjects, topFeatures } }: Props) {
  const listed = new Set(topFeatures.map(({ name }) => name));
  if (subjects.length < 2 || subjects.every((subject) => listed.has(subject))) return null;
  return (
    <p className="small muted">
      Affected: {subjects.slice(0, MANY).join(', ')}
      {subjects.length > MANY && ` and ${subjects.length - MANY} more`}.
    </p>
  );
}
