import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useTitle } from '../../../../../ui/use-title.ts';
import type { ModelSummary } from '../../../src/api.ts';
import { modelPath, SLICES, useParameters, viewOf } from '../../address.ts';
import type { Parameters, View, WindowId } from '../../address.ts';
import { useApi } from '../../api.ts';
import { SubjectContext } from '../../charts/export/export-menu.tsx';
import type { Subject } from '../../charts/export/file-name.ts';
import { loadPlot } from '../../charts/line-chart.tsx';
import { count, date, many } from '../../format.ts';
import { Filters } from '../../parts/filters.tsx';
import { MarksContext, useMarks } from '../../parts/marks.ts';
import { sharedAccess } from '../../parts/share/access.ts';
import type { SharedAccess } from '../../parts/share/access.ts';
import { ShareButton } from '../../parts/share/share-button.tsx';
import { Answer } from '../../parts/states.tsx';
import { DriftSection } from './drift/drift.tsx';
import { fittingWindow } from './fitting-window.ts';
import { FromAlert } from './from-alert.tsx';
import { LatencySection } from './latency.tsx';
import { PerformanceSection } from './performance/performance.tsx';
import { QualitySection } from './quality/quality.tsx';
import { ReleasesSection } from './releases/releases.tsx';
import type { SectionProps } from './section.ts';

const SECTIONS = [
  { id: 'drift', label: 'Drift', versions: 'one', window: '24h', show: DriftSection },
  { id: 'quality', label: 'Quality', versions: 'one', window: '24h', show: QualitySection },
  {
    id: 'performance',
    label: 'Performance',
    versions: 'one',
    window: '24h',
    show: PerformanceSection,
  },
  // Evidence accumulates from a version's first hour; a day rarely covers it all.
  { id: 'releases', label: 'Releases', versions: 'none', window: '7d', show: ReleasesSection },
  { id: 'latency', label: 'Latency', versions: 'all', window: '24h', show: LatencySection },
] as const satisfies readonly {
  readonly id: string;
  readonly label: string;
  readonly versions: 'one' | 'all' | 'none';
  readonly window: WindowId;
  readonly show: (props: SectionProps) => ReactNode;
}[];

/** The page of one model: drift, data quality, performance, latency and releases. */
export function ModelPage({
  name,
  section: sectionId,
}: {
  readonly name: string;
  readonly section: string | undefined;
}) {
  const parameters = useParameters();
  const answer = useApi<ModelSummary>(`/v1/models/${encodeURIComponent(name)}`);
  const shared = sharedAccess();
  const section = SECTIONS.find(({ id }) => id === sectionId) ?? SECTIONS[0];
  const alert = parameters.get('alert');
  useEffect(() => void loadPlot(), []);
  useTitle(`${name}, ${section.label.toLowerCase()}`);
  return (
    <div className="stack">
      <div className="model-head">
        {!shared && (
          <Link href="/" className="small">
            ← Models
          </Link>
        )}
        <div className="row">
          <h1>{name}</h1>
          <span className="spacer" />
          <ShareButton model={name} section={section.id} />
        </div>
        <nav className="sections" aria-label={`Sections of ${name}`}>
          {/* Links keep the choices, except those that only one section has. */}
          {SECTIONS.filter(({ id }) => isShared(shared, id)).map(({ id, label }) => (
            <Link
              key={id}
              href={
                modelPath(name, id) +
                parameters.with({ metric: undefined, by: undefined, alert: undefined })
              }
              aria-current={id === section.id ? 'page' : undefined}
            >
              {label}
            </Link>
          ))}
        </nav>
      </div>
      {alert !== undefined && <FromAlert id={alert} hasSection={sectionId !== undefined} />}
      <Answer of={answer} height={900}>
        {(model) => {
          const version =
            parameters.get('version') ??
            model.versions.toSorted((a, b) => b.predictions - a.predictions)[0]?.version ??
            '';
          const view = viewOf(parameters, fittingWindow(model, section.window));
          const Section = section.show;
          const base = `/v1/models/${encodeURIComponent(name)}`;
          return (
            <>
              <Filters
                model={model}
                version={section.versions === 'all' ? parameters.get('version') : version}
                versions={section.versions}
                parameters={parameters}
                view={view}
              />
              {section.versions === 'one' && <Summary model={model} version={version} />}
              <SubjectContext value={subjectOf(name, version, section.versions, parameters, view)}>
                <WithMarks base={base} view={view}>
                  <Section
                    model={model}
                    version={version}
                    view={view}
                    parameters={parameters}
                    base={base}
                  />
                </WithMarks>
              </SubjectContext>
            </>
          );
        }}
      </Answer>
    </div>
  );
}

/** A link to one section shows no others. */
function isShared(shared: SharedAccess | null, section: string): boolean {
  return shared === null || shared.scope.section === null || shared.scope.section === section;
}

/** The subject of the charts' files. */
function subjectOf(
  model: string,
  version: string,
  versions: (typeof SECTIONS)[number]['versions'],
  parameters: Parameters,
  { from, to }: View,
): Subject {
  return {
    model,
    version: versions === 'one' ? version : parameters.get('version'),
    filters: SLICES.flatMap((slice) => parameters.get(slice) ?? []),
    from,
    to,
  };
}

/** Lends the events of the period to the charts of a section. */
function WithMarks({
  base,
  view,
  children,
}: {
  readonly base: string;
  readonly view: View;
  readonly children: ReactNode;
}) {
  return <MarksContext value={useMarks(base, view)}>{children}</MarksContext>;
}

/** Totals of a version over all time, on one line. Counts, because shares of few would mislead. */
function Summary({ model, version }: { readonly model: ModelSummary; readonly version: string }) {
  const summary = model.versions.find((one) => one.version === version);
  if (!summary) return <p className="notice">There is no data for version {version}.</p>;
  const { predictions, errors, fallbacks, sessions, labelled, profiles, firstSeen } = summary;
  const parts = [
    `${many(predictions, 'prediction')} since ${date(firstSeen)}`,
    many(errors, 'error'),
    ...(fallbacks > 0 ? [many(fallbacks, 'fallback')] : []),
    ...(sessions.started > 0
      ? [`${count(sessions.failed)} of ${many(sessions.started, 'session')} failed`]
      : []),
    ...(labelled ? [`${count(labelled.correct)} of ${many(labelled.count, 'label')} correct`] : []),
    many(profiles, 'profile'),
  ];
  return (
    <p className="muted small summary">
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}
