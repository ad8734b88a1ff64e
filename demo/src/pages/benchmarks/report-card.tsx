import { useState } from 'react';
import { duration } from '../../format.ts';
import { timeScale } from '../your-model/time-scale.ts';
import type { SideId } from './measure.ts';
import { toLink, toText, verdicts } from './share.ts';
import type { Report } from './share.ts';
import { SIDE_NAMES } from './sides.ts';

interface Props {
  readonly title: string;
  readonly report: Report;
  readonly note?: string;
}

/** Perigee's bars have another colour. */
const OWN: ReadonlySet<SideId> = new Set(['chosen', 'wasm']);
const MEASURES = [
  ['firstMs', 'First answer'],
  ['callMs', 'One call'],
] as const;

/** The figures as bars and sentences, to share. */
export function ReportCard({ title, report, note }: Props) {
  const { day, browser, cores, figures } = report;
  const scale = timeScale(figures.flatMap(({ firstMs, callMs }) => [firstMs, callMs]));
  return (
    <section className="card stack" aria-label={title} data-testid="report">
      <div className="row">
        <h2>{title}</h2>
        <span className="small muted">
          {browser}, {cores} cores, {day}
        </span>
        <span className="spacer" />
        {note === undefined && <Share report={report} />}
      </div>
      {note !== undefined && <p className="small muted">{note}</p>}
      <p className="small muted">
        A shorter bar is faster. The scale runs from {scale.marks[0]?.label} to{' '}
        {scale.marks.at(-1)?.label}, and each step of it is ten times the one before.
      </p>
      {MEASURES.map(([key, words]) => (
        <div key={key} className="stack measure">
          <h3>{words}</h3>
          <ul className="plain measures" aria-label={words}>
            {figures.map(({ id, [key]: ms }) => (
              <li key={id}>
                <span>{SIDE_NAMES[id]}</span>
                <span className="measure-bar" aria-hidden="true">
                  <i className={OWN.has(id) ? 'own' : ''} style={{ width: `${scale.at(ms)}%` }} />
                </span>
                <b>{duration(ms)}</b>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {verdicts(figures, SIDE_NAMES).map((verdict) => (
        <p key={verdict} data-testid="verdict">
          {verdict}
        </p>
      ))}
    </section>
  );
}

function Share({ report }: { readonly report: Report }) {
  const [copied, setCopied] = useState('');
  const link = new URL(`#/benchmarks/${toLink(report)}`, location.href).href;
  const copy = async (text: string, what: string): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(`${what} copied.`);
  };
  return (
    <>
      <span className="small muted" role="status">
        {copied}
      </span>
      <a className="in-text" href={link} data-testid="share-link">
        Link
      </a>
      {'clipboard' in navigator && (
        <>
          <button type="button" className="button" onClick={() => void copy(link, 'Link')}>
            Copy link
          </button>
          <button
            type="button"
            className="button"
            onClick={() => void copy(toText(report, SIDE_NAMES), 'Text')}
          >
            Copy text
          </button>
        </>
      )}
    </>
  );
}
