import { useRef } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { duration } from '../../format.ts';
import type { Snapshot } from '../../fleet/protocol.ts';
import type { DrawingState } from '../draw/drawing.ts';
import { FleetDots, Line, Times } from './miniatures.tsx';
import { useStory } from './use-story.ts';
import { useTimes } from './use-times.ts';

/** The four things that Perigee does, each with a picture that moves. */
export function Strip({ drawing }: { readonly drawing: DrawingState }) {
  const section = useRef<HTMLElement>(null);
  const snapshot = useStory(section);
  const times = useTimes(drawing);
  return (
    <section ref={section} className="stack" aria-label="Ship, run, watch, undo">
      <div className="strip">
        <Step
          number={1}
          title="Ship"
          picture={<FleetDots snapshot={snapshot} />}
          fact={shipped(snapshot)}
          link={<Link href="/releases">Roll a version out</Link>}
        >
          Signed files on any static host. A device takes only the bytes that changed.
        </Step>
        <Step
          number={2}
          title="Run"
          picture={<Times times={times} />}
          fact={
            times.length > 0
              ? `Here: ${times.length} answers, the last in ${duration(times.at(-1) ?? 0)}`
              : 'Draw above: your answers show here'
          }
          link={<Link href="/your-model">Try your own model</Link>}
        >
          In a worker, on the fastest backend that is right on this device. Also offline.
        </Step>
        <Step
          number={3}
          title="Watch"
          picture={<Line snapshot={snapshot} />}
          fact={watched(snapshot)}
          link={<Link href="/monitoring">Make it drift</Link>}
        >
          Devices send counts, never inputs. You see drift, accuracy, errors and speed.
        </Step>
        <Step
          number={4}
          title="Undo"
          picture={<Events snapshot={snapshot} />}
          fact={undone(snapshot)}
          link={<Link href="/releases">Ship a bad version</Link>}
        >
          A device leaves a version that fails on it. The guard takes it back from all.
        </Step>
      </div>
      <p className="small muted">
        Pictures 1, 3 and 4 are of 400 simulated devices in this tab, judged by the collector’s own
        code. Picture 2 is this device.
      </p>
    </section>
  );
}

function Step({
  number,
  title,
  picture,
  fact,
  link,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly picture: ReactNode;
  readonly fact: string;
  readonly link: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <article className="card step">
      <h2>
        <span className="step-number">{number}</span> {title}
      </h2>
      <div className="miniature" aria-hidden="true">
        {picture}
      </div>
      <p className="step-fact small">{fact}</p>
      <p className="muted">{children}</p>
      <p>{link}</p>
    </article>
  );
}

/** The last things that stopped a bad version, newest first. */
function Events({ snapshot }: { readonly snapshot: Snapshot | null }) {
  const events = (snapshot?.log ?? [])
    .filter(({ kind, tone }) => kind === 'guard' || (kind === 'device' && tone !== 'plain'))
    .slice(-3)
    .toReversed();
  return (
    <ol className="plain events">
      {events.map(({ id, kind, text, tone }) => (
        <li key={id} className={tone}>
          <b>{kind}</b> {text}
        </li>
      ))}
    </ol>
  );
}

function shipped(snapshot: Snapshot | null): string {
  if (!snapshot || snapshot.skipping > 0) return 'The fleet is starting …';
  const { rollout, counts, stable } = snapshot;
  const here = counts.new + counts.trial;
  return rollout
    ? `${rollout.version} to ${rollout.percent} % of 400 devices: ${here} have it`
    : `All devices get ${stable}`;
}

function watched(snapshot: Snapshot | null): string {
  const measured = snapshot?.points.findLast((point) => point.measured !== null)?.measured;
  return typeof measured === 'number'
    ? `Accuracy from feedback: ${(measured * 100).toFixed(1)} %`
    : 'Waiting for the first counts …';
}

function undone(snapshot: Snapshot | null): string {
  if (!snapshot) return 'No bad version yet';
  const { counts, guard, latest } = snapshot;
  if (guard.outcome === 'acted') return `The guard took ${guard.version} back`;
  const stopped = counts.left + counts.refused;
  if (stopped > 0) return `${stopped} devices left ${latest?.version ?? 'it'} by themselves`;
  return latest?.fault ? `${latest.version} has a fault: who notices?` : 'No bad version yet';
}
