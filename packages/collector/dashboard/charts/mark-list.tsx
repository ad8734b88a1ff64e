import { Link } from 'wouter';
import type { Mark } from '../../src/api-alerts.ts';
import { capital, dateTime } from '../format.ts';
import { MARK_SIGN, MARK_WORD } from '../parts/mark-sign.ts';

/** The vertical lines of a chart as a list, for the keyboard and for screen readers. */
export function MarkList({ marks }: { readonly marks: readonly Mark[] }) {
  if (marks.length === 0) return null;
  const kinds = [...new Set(marks.map(({ kind }) => kind))];
  return (
    <details className="marks">
      <summary>
        {marks.length} {marks.length === 1 ? 'event' : 'events'}:{' '}
        {kinds.map((kind, i) => (
          <span key={kind}>
            {i > 0 && ', '}
            <span aria-hidden="true">{MARK_SIGN[kind]}</span> {MARK_WORD[kind]}
          </span>
        ))}
      </summary>
      <ul className="plain happenings">
        {marks.map((mark) => (
          <li key={`${mark.at} ${mark.text}`}>
            <span className={`sign ${mark.kind}`} aria-hidden="true">
              {MARK_SIGN[mark.kind]}
            </span>
            {mark.alert === null ? (
              <span>{capital(mark.text)}</span>
            ) : (
              <Link href={`/alerts/${encodeURIComponent(mark.alert)}`}>{capital(mark.text)}</Link>
            )}
            <time className="small muted" dateTime={mark.at}>
              {dateTime(mark.at)}
            </time>
          </li>
        ))}
      </ul>
    </details>
  );
}
