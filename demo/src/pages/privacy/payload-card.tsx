import type { ReactNode } from 'react';
import { duration } from '../../format.ts';
import type { ShownProfile } from '../../parts/practice/payload.ts';
import type { Practice } from '../../parts/practice/use-practice-device.ts';

const FEATURES: Readonly<Record<string, string>> = {
  brightness: 'Brightness',
  contrast: 'Contrast',
  edges: 'Edges',
  centerX: 'Middle, from left to right',
  centerY: 'Middle, from top to bottom',
};

/** The next upload in words, and as `telemetry.preview()` gives it. */
export function Payload({ device: { waiting, preview } }: { readonly device: Practice }) {
  return (
    <section className="card stack" aria-label="What is sent" data-testid="payload">
      <h2>What is in it</h2>
      {waiting.length === 0 ? (
        <p className="muted">Nothing waits. Let the model read a digit.</p>
      ) : (
        waiting.map((profile, i) => <Profile key={i} profile={profile} />)
      )}
      {preview !== undefined && (
        <details>
          <summary>As telemetry.preview() gives it</summary>
          <pre className="preview" tabIndex={0} role="region" aria-label="The next upload as JSON">
            {JSON.stringify(preview, null, 1)}
          </pre>
        </details>
      )}
    </section>
  );
}

function Profile({ profile }: { readonly profile: ShownProfile }) {
  const { model, version, backend, browser, hour, group, predictions } = profile;
  const labels = Object.entries(profile.labels).filter(([, count]) => count > 0);
  const errors = Object.entries(profile.errors);
  return (
    <dl className="pairs payload">
      <Pair name="Model">
        {model} {version}
      </Pair>
      <Pair name="Runs on">
        {backend}, a browser of the family {browser}
      </Pair>
      <Pair name="Hour">{hour.slice(0, 16).replace('T', ' ')} UTC</Pair>
      <Pair name="Group">{group + 1} of 16, drawn at random</Pair>
      <Pair name="Predictions">
        <b data-testid="payload-predictions">{predictions}</b>
      </Pair>
      <Pair name="Answers">
        {labels.map(([label, count]) => `${count} × “${label}”`).join(', ') || 'none'}
      </Pair>
      {Object.entries(profile.features).map(([name, { bins }]) => (
        <Pair key={name} name={FEATURES[name] ?? name}>
          <Histogram bins={bins} />
        </Pair>
      ))}
      <Pair name="Time of an answer">
        {typeof profile.latencyP50Ms['total'] === 'number'
          ? `about ${duration(profile.latencyP50Ms['total'])}, from counts in 96 buckets`
          : 'none yet'}
      </Pair>
      <Pair name="Faults">
        {errors.map(([code, count]) => `${count} × ${code}`).join(', ') || 'none'}
      </Pair>
    </dl>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A bar for each bin. One reads how many values fell into it, and nothing else. */
function Histogram({ bins }: { readonly bins: readonly number[] }) {
  const most = Math.max(1, ...bins);
  const filled = bins.filter((count) => count > 0).length;
  return (
    <span className="histogram" role="img" aria-label={`${filled} of ${bins.length} bins in use`}>
      {bins.map((count, i) => (
        <i
          key={i}
          className={count > 0 ? 'filled' : ''}
          style={{ height: `${heightOf(count, most)}%` }}
        />
      ))}
    </span>
  );
}

function heightOf(count: number, most: number): number {
  return count === 0 ? 6 : 25 + (75 * count) / most;
}
