import { COMPARED_FROM_SESSIONS } from '../../../src/api.ts';
import type {
  ComparedMetric,
  CompareAnswer,
  ModelSummary,
  TimelineAnswer,
} from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { AdoptionOverTime } from '../../charts/adoption-over-time.tsx';
import { EvidencePath } from '../../charts/evidence-path.tsx';
import { PredictionsOverTime } from '../../charts/predictions-over-time.tsx';
import { seriesColor } from '../../charts/series-color.ts';
import { scaleOf, Whisker } from '../../charts/whisker.tsx';
import { count, dateTime, duration, evidence, percent, probability, rate } from '../../format.ts';
import { Estimated } from '../../parts/estimated.tsx';
import { Select } from '../../parts/select.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import type { SectionProps } from './section.ts';

const NAME: Readonly<Record<ComparedMetric['name'], string>> = {
  'failed-sessions': 'Device-hours with a failed session',
  'golden-failures': 'Golden failures',
  'degraded-sessions': 'Degraded sessions',
  latency: 'Latency',
  accuracy: 'Accuracy',
};
const VERDICT = {
  harm: { word: 'Harm', tone: 'bad' },
  'no-harm-seen': { word: 'No harm seen', tone: 'good' },
  'too-little-data': { word: 'Too little data', tone: '' },
} as const;
/** p-value below which the share of sessions differs from the share that the rollout asks for. */
const UNLIKELY = 0.001;

/** Compares two versions, and shows how the versions are distributed. */
export function ReleasesSection({ model, view, parameters, base }: SectionProps) {
  const versions = model.versions.map(({ version }) => version);
  const challenger =
    parameters.get('challenger') ??
    model.versions.find(({ replaces }) => replaces !== null)?.version ??
    versions[0];
  const champion =
    parameters.get('champion') ?? replacedBy(model, challenger) ?? mostUsed(model, challenger);
  const compare = useApi<CompareAnswer>(
    challenger === undefined || champion === undefined
      ? null
      : `${base}/compare?${view.query({ champion, challenger })}`,
  );
  const timeline = useApi<TimelineAnswer>(`${base}/timeline?${view.query()}`);
  const options = versions.map((version) => ({ value: version, label: version }));
  return (
    <>
      <section className="card stack" aria-label="Comparison">
        <div className="row">
          <h2>Is the new version worse?</h2>
          <span className="spacer" />
          {champion !== undefined && (
            <div className="row pickers">
              <Select
                label="Champion"
                value={champion}
                options={options.filter(({ value }) => value !== challenger)}
                onChange={(next) => parameters.set({ champion: next })}
              />
              <Select
                label="Challenger"
                value={challenger}
                options={options.filter(({ value }) => value !== champion)}
                onChange={(next) => parameters.set({ challenger: next })}
              />
            </div>
          )}
        </div>
        {champion === undefined ? (
          <Empty title="There is one version only">
            When a second one is out there, it is compared with this one here.
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
      {champion !== undefined &&
        compare.data &&
        compare.data.metrics.some(({ path }) => path.length > 0) && (
          <Evidence data={compare.data} parameters={parameters} />
        )}
      <section className="card stack" aria-label="Adoption over time">
        <h2>Adoption over time</h2>
        <Answer of={timeline} height={240}>
          {({ points, from, to }) =>
            points.length === 0 ? (
              <NoneHere />
            ) : (
              <AdoptionOverTime points={points} from={from} to={to} versions={versions} />
            )
          }
        </Answer>
      </section>
      <section className="card stack" aria-label="Predictions over time">
        <h2>Predictions over time</h2>
        <Answer of={timeline} height={272}>
          {({ points, from, to }) =>
            points.length === 0 ? (
              <NoneHere />
            ) : (
              <PredictionsOverTime points={points} from={from} to={to} versions={versions} />
            )
          }
        </Answer>
      </section>
    </>
  );
}

function NoneHere() {
  return <Empty title="None in this window">Choose a longer one above.</Empty>;
}

function Comparison({
  data,
  colors,
}: {
  readonly data: CompareAnswer;
  readonly colors: readonly [number, number];
}) {
  const { metrics, verdict, reasons, harmSince, sampleRatio, champion, challenger } = data;
  const { word, tone } = VERDICT[verdict];
  // Failed sessions are counted by device-hour.
  const sessions = metrics.find(({ name }) => name === 'degraded-sessions')?.n.challenger ?? 0;
  const words =
    verdict === 'too-little-data'
      ? [
          `There are ${count(sessions)} sessions of ${challenger}; a verdict needs ` +
            `${COMPARED_FROM_SESSIONS}. Until then no difference below is evidence of harm, ` +
            'and none is ruled out.',
        ]
      : reasons.length === 0
        ? ['No evidence that it is worse in two independent signals.']
        : reasons;
  return (
    <>
      <div className={`verdict ${tone}`}>
        <b>{word}</b> <span className="muted small">since {dateTime(data.from)}</span>
        <ul>
          {words.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {harmSince !== null && (
          <p className="small muted">
            Harm was first seen on {dateTime(harmSince)}. The verdict stays until a new rollout
            begins, whatever is uploaded later or for earlier hours.
          </p>
        )}
      </div>
      <div className="table-scroll">
        <table className="metrics" role="table">
          <caption className="visually-hidden">
            {challenger} compared with {champion}
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">
                Metric
              </th>
              <th role="columnheader" scope="col">
                <i className="swatch" style={{ background: seriesColor(colors[0]) }} />
                {champion}
              </th>
              <th role="columnheader" scope="col">
                <i className="swatch" style={{ background: seriesColor(colors[1]) }} />
                {challenger}
              </th>
              <th role="columnheader" scope="col" className="drawn" aria-hidden="true">
                Side by side
              </th>
              <th role="columnheader" scope="col" className="number">
                Evidence of harm
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {metrics.map((metric) => (
              <MetricRow
                key={metric.name}
                metric={metric}
                names={[champion, challenger]}
                colors={colors}
              />
            ))}
          </tbody>
        </table>
      </div>
      <SampleRatio of={sampleRatio} challenger={challenger} />
    </>
  );
}

function MetricRow({
  metric,
  names,
  colors,
}: {
  readonly metric: ComparedMetric;
  readonly names: readonly [string, string];
  readonly colors: readonly [number, number];
}) {
  const { name, unit, champion, challenger, n, eValue, alarm } = metric;
  const print = unit === 'ms' ? duration : rate;
  const scale = scaleOf([champion, challenger]);
  // Logarithmic scale from 1 to 100: 1 to 10 takes as much space as 10 to 100.
  const grown = Math.min(1, Math.max(0, Math.log10(Math.max(1, eValue)) / 2));
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {NAME[name]}
      </th>
      <td role="cell" data-label={names[0]}>
        <Estimated of={champion} print={print} />
        <small className="muted n">n {count(n.champion)}</small>
      </td>
      <td role="cell" data-label={names[1]}>
        <Estimated of={challenger} print={print} />
        <small className="muted n">n {count(n.challenger)}</small>
      </td>
      <td role="cell" className="drawn" aria-hidden="true">
        <Whisker of={champion} scale={scale} color={seriesColor(colors[0])} />
        <Whisker of={challenger} scale={scale} color={seriesColor(colors[1])} />
      </td>
      <td role="cell" className="number" data-label="Evidence of harm">
        <span className="evidence">
          <b className={alarm ? 'bad' : undefined}>
            {evidence(eValue)}
            {alarm && <span className="visually-hidden">, over the line</span>}
          </b>
          <span className="meter" aria-hidden="true">
            <i className={alarm ? 'bad' : ''} style={{ width: `${grown * 100}%` }} />
          </span>
        </span>
      </td>
    </tr>
  );
}

function SampleRatio({
  of: { observed, expected, pValue },
  challenger,
}: {
  readonly of: CompareAnswer['sampleRatio'];
  readonly challenger: string;
}) {
  const off = pValue !== null && pValue < UNLIKELY;
  return (
    <p className="small muted">
      {observed === null ? (
        <>
          Its share of the sessions is not known yet: devices take a day to follow a change of their
          channel{expected === null ? '.' : `, which asks for ${percent(expected)}.`}
        </>
      ) : (
        <>
          {challenger} has <b>{percent(observed)}</b> of the sessions of both
          {expected === null ? (
            '; its rollout’s share is not known here.'
          ) : (
            <>
              ; its rollout asks for {percent(expected)}
              {pValue === null ? (
                '.'
              ) : (
                <>
                  , p {probability(pValue)}.
                  {off && (
                    <>
                      {' '}
                      <span className="badge warn">sample ratio off</span> What is compared may be
                      lost or chosen unevenly.
                    </>
                  )}
                </>
              )}
            </>
          )}
        </>
      )}
    </p>
  );
}

function Evidence({
  data,
  parameters,
}: { readonly data: CompareAnswer } & Pick<SectionProps, 'parameters'>) {
  const nameOf = (metric: ComparedMetric): string => NAME[metric.name];
  const only = data.metrics.find(({ name }) => name === parameters.get('metric'));
  return (
    <section className="card stack" aria-label="Evidence over time">
      <div className="row">
        <h2>Evidence over time</h2>
        <span className="spacer" />
        <Select
          label="Metric"
          value={only?.name}
          all="All metrics"
          options={data.metrics.map((metric) => ({ value: metric.name, label: nameOf(metric) }))}
          onChange={(next) => parameters.set({ metric: next })}
        />
      </div>
      <p className="muted small">
        Evidence that {data.challenger} is worse than {data.champion}, safe to look at as often as
        one likes: at 100 the chance to have seen it by luck, ever, is at most 1 in 100.{' '}
        {only
          ? 'In both halves of the fleet: luck rarely strikes twice.'
          : 'One metric shows both halves of the fleet.'}
      </p>
      <EvidencePath
        metrics={data.metrics}
        only={only}
        nameOf={nameOf}
        from={data.from}
        to={data.to}
      />
    </section>
  );
}

/** The version that the rollout of this one replaces, if it has counts. */
function replacedBy(
  { versions }: ModelSummary,
  challenger: string | undefined,
): string | undefined {
  const replaced = versions.find(({ version }) => version === challenger)?.replaces;
  return versions.find(({ version }) => version === replaced)?.version;
}

function mostUsed({ versions }: ModelSummary, but: string | undefined): string | undefined {
  return versions
    .filter(({ version }) => version !== but)
    .toSorted((a, b) => b.predictions - a.predictions)[0]?.version;
}
