import { DEVICE_STATES, OFFLINE } from '../../fleet/protocol.ts';
import type { Snapshot } from '../../fleet/protocol.ts';

const COLUMNS = 40;
const STEP = 10;
const DOT = 7;
const DEVICES = 400;

/** One dot a device. Its colour is the state of its version. */
export function FleetDots({ snapshot }: { readonly snapshot: Snapshot | null }) {
  const dots = snapshot?.dots ?? new Uint8Array(DEVICES);
  return (
    <svg
      className="mini-dots"
      viewBox={`0 0 ${COLUMNS * STEP} ${Math.ceil(dots.length / COLUMNS) * STEP}`}
    >
      {DEVICE_STATES.map((state, index) => (
        <path key={state} className={state} d={pathOf(dots, index)} />
      ))}
    </svg>
  );
}

/** All dots of one state as one path, so that ten pictures a second are cheap. */
function pathOf(dots: Uint8Array, state: number): string {
  let path = '';
  for (const [i, dot] of dots.entries()) {
    if (dot % OFFLINE !== state) continue;
    path += `M${(i % COLUMNS) * STEP + 1.5} ${Math.floor(i / COLUMNS) * STEP + 1.5}h${DOT}v${DOT}h-${DOT}z`;
  }
  return path;
}

const [WIDTH, HEIGHT] = [200, 50];
const SHOWN_POINTS = 48;

/** The measured accuracy of the last hours. */
export function Line({ snapshot }: { readonly snapshot: Snapshot | null }) {
  const values = (snapshot?.points ?? [])
    .slice(-SHOWN_POINTS)
    .flatMap(({ measured }) => measured ?? []);
  const low = Math.min(0.8, ...values);
  const steps = Math.max(1, values.length - 1);
  const points = values.map(
    (value, i) =>
      `${((i / steps) * WIDTH).toFixed(1)},${((1 - (value - low) / (1 - low)) * HEIGHT).toFixed(1)}`,
  );
  return (
    <svg className="mini-line" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
      <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      <line x1="0" x2={WIDTH} y1="0" y2="0" />
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
}

/** One bar for each of the last answers of this device. */
export function Times({ times }: { readonly times: readonly number[] }) {
  const longest = Math.max(...times, 1);
  return (
    <div className="mini-times">
      {times.map((ms, i) => (
        <i key={i} style={{ height: `${Math.max(4, (ms / longest) * 100)}%` }} />
      ))}
    </div>
  );
}
