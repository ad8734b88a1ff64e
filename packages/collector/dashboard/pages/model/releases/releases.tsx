import type { CompareAnswer, ModelSummary, TimelineAnswer } from '../../../../src/api.ts';
import { useEffect } from 'react';
import { useApi } from '../../../api.ts';
import { AdoptionOverTime } from '../../../charts/adoption-over-time.tsx';
import { PredictionsOverTime } from '../../../charts/predictions-over-time.tsx';
import { Select } from '../../../parts/select.tsx';
import { Answer, Empty, NoDataInPeriod } from '../../../parts/states.tsx';
import type { SectionProps } from '../section.ts';
import { Comparison } from './comparison.tsx';
import { EvidenceOverTime } from './evidence-over-time.tsx';
import { SideBySide } from './side-by-side.tsx';

/** Compares two versions, and shows how the versions are distributed. */
export function ReleasesSection({ model, view, parameters, base }: SectionProps) {
  const versions = model.versions.map(({ version }) => version);
  const { champion, challenger } = pairOf(model, parameters);
  const isInAddress =
    parameters.get('champion') === champion && parameters.get('challenger') === challenger;
  // The address names both versions, so that it shows the same comparison tomorrow.
  useEffect(() => {
    if (!isInAddress && champion !== undefined) parameters.set({ champion, challenger }, true);
  }, [isInAddress, champion, challenger]);
  const compare = useApi<CompareAnswer>(
    challenger === undefined || champion === undefined
      ? null
      : `${base}/compare?${view.query({ champion, challenger })}`,
  );
  const timeline = useApi<TimelineAnswer>(`${base}/timeline?${view.query()}`);
  return (
    <>
      <section className="card stack" aria-label="Comparison">
        <div className="row">
          <h2>Is the new version worse?</h2>
          <span className="spacer" />
          {champion !== undefined && (
            <PairChoice
              versions={versions}
              champion={champion}
              challenger={challenger}
              onChange={parameters.set}
            />
          )}
        </div>
        {champion === undefined ? (
          <Empty title="Only one version">
            The comparison appears when a second version has data.
          </Empty>
        ) : (
          <Answer of={compare} height={420}>
            {(data) => (
              <Comparison
                data={data}
                colors={[versions.indexOf(data.champion), versions.indexOf(data.challenger)]}
              />
            )}
          </Answer>
        )}
      </section>
      {compare.data?.metrics.some(({ path }) => path.length > 0) && (
        <EvidenceOverTime data={compare.data} parameters={parameters} />
      )}
      {champion !== undefined && challenger !== undefined && (
        <SideBySide
          model={model}
          pair={[champion, challenger]}
          view={view}
          parameters={parameters}
          base={base}
        />
      )}
      <section className="card stack" aria-label="Adoption over time">
        <h2>Adoption over time</h2>
        <Answer of={timeline} height={240}>
          {({ points, from, to }) =>
            points.length === 0 ? (
              <NoDataInPeriod />
            ) : (
              <AdoptionOverTime
                points={points}
                from={from}
                to={to}
                versions={versions}
                only={parameters.get('version')}
              />
            )
          }
        </Answer>
      </section>
      <section className="card stack" aria-label="Predictions over time">
        <h2>Predictions over time</h2>
        <Answer of={timeline} height={272}>
          {({ points, from, to }) =>
            points.length === 0 ? (
              <NoDataInPeriod />
            ) : (
              <PredictionsOverTime
                points={points}
                from={from}
                to={to}
                versions={versions}
                only={parameters.get('version')}
              />
            )
          }
        </Answer>
      </section>
    </>
  );
}

interface Pair {
  /** The version that the challenger is compared with. Undefined with a single version. */
  readonly champion: string | undefined;
  readonly challenger: string | undefined;
}

/** The two versions in the address; by default those of the current rollout. */
function pairOf(model: ModelSummary, parameters: SectionProps['parameters']): Pair {
  const { versions } = model;
  const challenger =
    parameters.get('challenger') ??
    versions.find(({ replaces }) => replaces !== null)?.version ??
    versions[0]?.version;
  const champion =
    parameters.get('champion') ?? replacedBy(model, challenger) ?? mostUsed(model, challenger);
  return { champion, challenger };
}

/** The version that the rollout of this one replaces, if it has counts. */
function replacedBy(
  { versions }: ModelSummary,
  challenger: string | undefined,
): string | undefined {
  const replaced = versions.find(({ version }) => version === challenger)?.replaces;
  return versions.find(({ version }) => version === replaced)?.version;
}

function mostUsed({ versions }: ModelSummary, except: string | undefined): string | undefined {
  return versions
    .filter(({ version }) => version !== except)
    .toSorted((a, b) => b.predictions - a.predictions)[0]?.version;
}

function PairChoice({
  versions,
  champion,
  challenger,
  onChange,
}: Pair & {
  readonly versions: readonly string[];
  readonly onChange: SectionProps['parameters']['set'];
}) {
  const optionsWithout = (other: string | undefined) =>
    versions
      .filter((version) => version !== other)
      .map((version) => ({ value: version, label: version }));
  return (
    <div className="row pickers">
      <Select
        label="Champion"
        value={champion}
        options={optionsWithout(challenger)}
        onChange={(next) => onChange({ champion: next })}
      />
      <Select
        label="Challenger"
        value={challenger}
        options={optionsWithout(champion)}
        onChange={(next) => onChange({ challenger: next })}
      />
    </div>
  );
}
