import { useState } from 'react';
import { Link } from 'wouter';
import { useTitle } from '../../../../../ui/use-title.ts';
import type { AlertAnswer } from '../../../src/api-alerts.ts';
import { useApi } from '../../api.ts';
import { SubjectContext } from '../../charts/export/export-menu.tsx';
import { CourseChart } from '../../charts/course-chart.tsx';
import { ago, dateTime } from '../../format.ts';
import { alertAbout } from '../../parts/alert-about.ts';
import { alertPage } from '../../parts/alert-page.ts';
import { sharedAccess } from '../../parts/share/access.ts';
import { ShareButton } from '../../parts/share/share-button.tsx';
import { Answer } from '../../parts/states.tsx';
import { Responses } from './responses.tsx';
import { Action } from './detail/action.tsx';
import { Affected } from './detail/affected.tsx';
import { Causes } from './detail/causes.tsx';
import { Changes } from './detail/changes.tsx';
import { Details } from './detail/details.tsx';
import { History } from './detail/history.tsx';
import { Previous } from './detail/previous.tsx';
import { Respond } from './detail/respond.tsx';

/** One alert, from what happened to what to do. */
export function AlertPage({ id }: { readonly id: string }) {
  const [asked, setAsked] = useState(0);
  const [done, setDone] = useState('');
  const path = `/v1/alerts/${encodeURIComponent(id)}`;
  const answer = useApi<AlertAnswer>(asked === 0 ? path : `${path}?asked=${asked}`);
  useTitle(answer.data ? answer.data.alert.headline : 'Alert');
  return (
    <div className="stack">
      {!sharedAccess() && (
        <Link href="/alerts" className="small">
          ← All alerts
        </Link>
      )}
      <p className={done === '' ? 'visually-hidden' : 'notice good'} role="status">
        {done}
      </p>
      <Answer of={answer} height={600}>
        {(data) => (
          <Found
            answer={data}
            onChange={(words) => {
              setDone(words);
              setAsked((before) => before + 1);
            }}
          />
        )}
      </Answer>
    </div>
  );
}

function Found({
  answer,
  onChange,
}: {
  readonly answer: AlertAnswer;
  /** Called with what was done, in words. */
  readonly onChange: (words: string) => void;
}) {
  const { alert, related, affected, course, changes, previous, causes, history, faults } = answer;
  return (
    <>
      <Head answer={answer} />
      {faults.map((fault) => (
        <p key={fault} className="notice">
          {fault}
        </p>
      ))}
      {course !== null && (
        <section className="card" aria-label="Since when">
          <SubjectContext value={{ ...alert, from: course.from, to: course.to }}>
            <CourseChart
              course={course}
              name={course.unit === 'predictions' ? 'Predictions' : 'Figure of this alert'}
              changes={changes}
            />
          </SubjectContext>
        </section>
      )}
      <div className="alert-columns">
        <div className="stack">
          <Action answer={answer} onChange={onChange} />
          <Affected affected={affected} alert={alert} />
          <Changes changes={changes} since={answer.began} />
        </div>
        <div className="stack">
          <Causes causes={causes} />
          <Previous previous={previous} alert={alert} />
          <History history={history} />
        </div>
      </div>
      {alert.state === 'open' && !sharedAccess() && (
        <section className="card stack tight" aria-labelledby="respond">
          <h2 id="respond">Look after it</h2>
          <Respond alerts={[alert, ...related]} onChange={onChange} />
        </section>
      )}
      <Details alert={alert} related={related} />
    </>
  );
}

function Head({ answer: { alert, began } }: { readonly answer: AlertAnswer }) {
  const { severity, state, headline, impact, openedAt, resolvedAt, undecided } = alert;
  const tone = state === 'resolved' ? '' : severity === 'page' ? 'bad' : 'warn';
  return (
    <header className="stack tight alert-head">
      <div className="row small">
        <span className={`badge ${tone}`}>
          {state === 'resolved' ? 'resolved' : severity === 'page' ? 'act now' : 'needs attention'}
        </span>
        <span className="muted">{alertAbout(alert)}</span>
        <span className="muted">
          since {dateTime(began)}, opened {ago(openedAt)}
          {resolvedAt !== null && `, resolved ${dateTime(resolvedAt)}`}
        </span>
        <span className="spacer" />
        {alert.model !== '' && <ShareButton model={alert.model} alert={alert.id} />}
      </div>
      <h1>{headline}</h1>
      {impact !== '' && <p className="impact">{impact}</p>}
      <Responses alert={alert} />
      {undecided !== null && (
        <p className="notice small">The collector cannot judge this now: {undecided}.</p>
      )}
      {alert.inhibitedBy !== null && (
        <p className="notice small">
          Nobody was told of this alert, because{' '}
          <Link href={`/alerts/${encodeURIComponent(alert.inhibitedBy)}`}>another alert</Link>{' '}
          covers it.
        </p>
      )}
      {alert.model !== '' && !sharedAccess() && (
        <p className="small">
          <Link href={alertPage(alert)}>Show it on the page of {alert.model} →</Link>
        </p>
      )}
    </header>
  );
}
