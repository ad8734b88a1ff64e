import { Link } from 'wouter';
import { useTitle } from '../../../../ui/use-title.ts';
import type { AuditAnswer } from '../../src/api.ts';
import { modelPath, useParameters } from '../address.ts';
import { useApi } from '../api.ts';
import { date, dateTime } from '../format.ts';
import { FilterChips } from '../parts/filter-chips.tsx';
import { FilterLink } from '../parts/filter-link.tsx';
import { Select } from '../parts/select.tsx';
import { Answer, Empty } from '../parts/states.tsx';

type Entry = AuditAnswer['entries'][number];

const WORD: Readonly<Record<Entry['action'], string>> = {
  watch: 'watch',
  halt: 'halt',
  rollback: 'rollback',
  'alert-opened': 'alert opened',
  'alert-resolved': 'alert resolved',
  'alert-acknowledged': 'acknowledged',
  'alert-snoozed': 'snoozed',
  'alert-woken': 'snooze ended',
  'rules-changed': 'rules changed',
  'link-shared': 'shared',
  'link-revoked': 'link revoked',
};
const TONE: Readonly<Record<Entry['action'], string>> = {
  watch: '',
  halt: 'bad',
  rollback: 'bad',
  'alert-opened': 'warn',
  'alert-resolved': 'good',
  'alert-acknowledged': 'accent',
  'alert-snoozed': '',
  'alert-woken': '',
  'rules-changed': 'accent',
  'link-shared': 'accent',
  'link-revoked': '',
};

const ACTIONS = Object.entries(WORD).map(([value, label]) => ({ value, label }));

function isAction(value: string): value is Entry['action'] {
  return value in WORD;
}

/** Decisions with their author and evidence, newest first. */
export function AuditPage() {
  const parameters = useParameters();
  const audit = useApi<AuditAnswer>('/v1/audit');
  useTitle('Audit');
  const model = parameters.get('model');
  const [actor, action] = [parameters.get('actor'), parameters.get('action')];
  return (
    <div className="stack">
      <div className="row">
        <h1>Audit</h1>
        <span className="spacer" />
        <Link href="/links">Share links</Link>
      </div>
      <Answer of={audit} height={400}>
        {({ entries }) => {
          const models = [...new Set(entries.map((entry) => entry.model))]
            .filter((name) => name !== '')
            .toSorted();
          const shown = entries.filter(
            (entry) =>
              (model === undefined || entry.model === model || entry.model === '') &&
              (actor === undefined || entry.actor === actor) &&
              (action === undefined || entry.action === action),
          );
          const days = [...new Set(shown.map(({ at }) => date(at)))];
          return (
            <>
              <div className="filters" role="group" aria-label="Filters">
                {(models.length > 1 || model !== undefined) && (
                  <Select
                    label="Model"
                    value={model}
                    all="All models"
                    options={models.map((value) => ({ value, label: value }))}
                    onChange={(next) => parameters.set({ model: next })}
                  />
                )}
                <Select
                  label="Action"
                  value={action}
                  all="All actions"
                  options={ACTIONS}
                  onChange={(next) => parameters.set({ action: next })}
                />
                <FilterChips
                  parameters={parameters}
                  names={['model', 'actor', 'action']}
                  print={(_name, value) => (isAction(value) ? WORD[value] : value)}
                />
              </div>
              {shown.length === 0 && (
                <div className="card">
                  <Empty title="No entries yet">
                    Decisions of the guard and of operators appear here with their evidence, and
                    alerts when they open and resolve.
                  </Empty>
                </div>
              )}
              {days.map((day) => (
                <section key={day} className="card" aria-label={day}>
                  <h2 className="day">{day}</h2>
                  <ol className="plain audit">
                    {shown
                      .filter(({ at }) => date(at) === day)
                      .map((entry) => (
                        <Item key={entry.id} entry={entry} />
                      ))}
                  </ol>
                </section>
              ))}
            </>
          );
        }}
      </Answer>
    </div>
  );
}

function Item({
  entry: { id, at, actor, action, model, version, summary, evidence },
}: {
  readonly entry: Entry;
}) {
  return (
    <li id={id}>
      <a href={`#${id}`} className="muted small when">
        <time dateTime={at} title={dateTime(at)}>
          {new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}
        </time>
      </a>
      <div className="what">
        <div className="row small">
          <span className={`badge ${TONE[action]}`}>
            <FilterLink name="action" value={action}>
              {WORD[action]}
            </FilterLink>
          </span>
          <span className="muted">
            <FilterLink name="actor" value={actor} />
          </span>
          {model !== '' && (
            <Link href={pageOf(model, version)}>
              {model} {version}
            </Link>
          )}
        </div>
        <p>{summary}</p>
        {evidence != null && (
          <details open={location.hash === `#${id}`}>
            <summary>Evidence</summary>
            <pre tabIndex={0}>{JSON.stringify(evidence, null, 2)}</pre>
          </details>
        )}
      </div>
    </li>
  );
}

/** The comparison of a version; the model's page for entries about no version. */
function pageOf(model: string, version: string): string {
  return version === ''
    ? modelPath(model)
    : `${modelPath(model, 'releases')}?challenger=${encodeURIComponent(version)}`;
}
