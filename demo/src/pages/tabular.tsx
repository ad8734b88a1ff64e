import { useEffect, useMemo, useState } from 'react';
import type { Prediction } from 'perigee';
import { latest } from '../latest.ts';
import { BackendBadge } from '../parts/backend-badge.tsx';
import { FeatureSlider } from '../parts/feature-slider.tsx';
import { Latency } from '../parts/latency.tsx';
import { Loading } from '../parts/loading.tsx';
import { ScoreBars } from '../parts/score-bars.tsx';
import { Switch } from '../parts/switch.tsx';
import { collectorUrl, segment } from '../perigee.ts';
import { GROUPS, HELD_OUT, RANGES, ROWS, shift, SHIFTED } from '../rows.ts';
import { useModel } from '../use-model.ts';

const STREAM_MS = 50;
const SAMPLES = HELD_OUT.slice(0, 6);

export function TabularPage() {
  const state = useModel('wdbc');
  const { model } = state;
  const { model: preview } = useModel('wdbc', 'preview');
  const [values, setValues] = useState(HELD_OUT[0]?.values ?? {});
  const [prediction, setPrediction] = useState<Prediction>();
  const [streaming, setStreaming] = useState(false);
  const [shifted, setShifted] = useState(false);
  const [streamed, setStreamed] = useState(0);

  // Only rows of the data are counted. The values that a slider passes are nobody's measurements.
  const answering = streaming ? model : preview;
  const predict = useMemo(
    () =>
      latest(async (input: Readonly<Record<string, number>>) => {
        if (answering) setPrediction(await answering.predict(input));
      }),
    [answering],
  );
  useEffect(() => {
    if (!streaming) predict(values);
  }, [streaming, predict, values]);

  useEffect(() => {
    if (!streaming || !model) return undefined;
    const timer = setInterval(() => {
      const row = ROWS[Math.floor(Math.random() * ROWS.length)];
      if (!row) return;
      const next = shifted ? shift(row.values) : row.values;
      setValues(next);
      predict(next);
      setStreamed((count) => count + 1);
    }, STREAM_MS);
    return () => clearInterval(timer);
  }, [streaming, shifted, model, predict]);

  const answer = prediction && 'label' in prediction.output ? prediction.output : undefined;
  const scores =
    answer &&
    ['malignant', 'benign'].map(
      (label) => answer.top.find((one) => one.label === label)?.score ?? 0,
    );
  return (
    <div className="stack">
      <div className="intro">
        <h1>Classify 30 measurements</h1>
        <p className="muted">
          Cell nuclei of a breast mass, UCI data. <strong>Not a medical device:</strong> a
          demonstration on public data.
        </p>
      </div>
      <div className="tabular">
        <div className="stack side">
          <section className="card stack" aria-label="Answer">
            <div className="row">
              <output
                className="answer word"
                data-testid="answer"
                aria-live={streaming ? 'off' : 'polite'}
              >
                {answer?.label ?? '…'}
              </output>
              <span className="spacer" />
              <BackendBadge model={model} />
            </div>
            <ScoreBars labels={['malignant', 'benign']} scores={scores} best={answer?.label} />
            <Latency timing={prediction?.timing} />
            <Loading state={state} name="wdbc" />
          </section>
          <section className="card stack" aria-label="Stream">
            <h2>A fleet in one tab</h2>
            <Switch
              label="Stream rows of the data"
              testId="stream-switch"
              checked={streaming}
              onChange={setStreaming}
            />
            <Switch
              label="Shift the measurements"
              testId="shift-switch"
              checked={shifted}
              onChange={setShifted}
            />
            <p className="small muted">
              {streamed} predictions so far, 20 a second, drawn from the {ROWS.length} rows of the
              data. Only these are counted; sliders are not. Shifting scales{' '}
              {Object.entries(SHIFTED)
                .map(([name, factor]) => `${name} × ${factor}`)
                .join(', ')}
              , as a new calibration might.
            </p>
            {collectorUrl && (
              <p className="row small">
                <a
                  href={`${collectorUrl}models/wdbc/drift?window=1h&segment=${segment}`}
                  target="_blank"
                  rel="noreferrer"
                >
                  See it drift on the dashboard ↗
                </a>
                <a href={`${collectorUrl}alerts`} target="_blank" rel="noreferrer">
                  Alerts ↗
                </a>
              </p>
            )}
          </section>
        </div>
        <section className="card stack" aria-label="Measurements">
          <div className="row">
            <h2>Measurements</h2>
            <span className="spacer" />
            {SAMPLES.map((row, i) => (
              <button
                key={row.diagnosis + i}
                type="button"
                className="button"
                onClick={() => setValues(row.values)}
                title={`Held-out row ${i + 1}: ${row.diagnosis}`}
              >
                Row {i + 1}
              </button>
            ))}
          </div>
          <div className="groups">
            {GROUPS.map(({ title, names }) => (
              <fieldset key={title} className="group">
                <legend>{title}</legend>
                {names.map((name) => (
                  <FeatureSlider
                    key={name}
                    name={name}
                    range={RANGES[name] ?? [0, 1]}
                    value={values[name] ?? 0}
                    onChange={(value) => setValues({ ...values, [name]: value })}
                  />
                ))}
              </fieldset>
            ))}
          </div>
        </section>
      </div>
    </div>
  );
}
