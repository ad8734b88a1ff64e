import { useEffect, useRef } from 'react';
import { DEVICE_STATES, OFFLINE } from '../../fleet/protocol.ts';
import type { DeviceState, Snapshot } from '../../fleet/protocol.ts';
import { stateWords } from '../../fleet/words.ts';

const COLUMNS = 25;
const STEP = 20;
const SVG = 'http://www.w3.org/2000/svg';

/** One dot a device. Only dots that changed are touched. */
export function DeviceDots({ snapshot }: { readonly snapshot: Snapshot }) {
  const svg = useRef<SVGSVGElement>(null);
  const { dots } = snapshot;
  useEffect(() => {
    if (svg.current) draw(svg.current, dots);
  }, [dots]);
  return (
    <section className="card stack" aria-label="The devices">
      <svg
        ref={svg}
        className="dots"
        viewBox={`0 0 ${COLUMNS * STEP} ${(dots.length / COLUMNS) * STEP}`}
        role="img"
        aria-label={`${dots.length} devices: ${summaryOf(snapshot)}`}
      />
      <DotLegend snapshot={snapshot} />
    </section>
  );
}

function draw(svg: SVGSVGElement, dots: Uint8Array): void {
  if (svg.childElementCount !== dots.length) fill(svg, dots.length);
  for (const [i, dot] of dots.entries()) {
    const element = svg.children[i];
    const state = DEVICE_STATES[dot % OFFLINE] ?? 'stable';
    const className = dot >= OFFLINE ? `${state} offline` : state;
    if (element && element.getAttribute('class') !== className)
      element.setAttribute('class', className);
  }
}

function fill(svg: SVGSVGElement, count: number): void {
  svg.replaceChildren(
    ...Array.from({ length: count }, (_, i) => {
      const dot = document.createElementNS(SVG, 'rect');
      dot.setAttribute('x', String((i % COLUMNS) * STEP + 3));
      dot.setAttribute('y', String(Math.floor(i / COLUMNS) * STEP + 3));
      dot.setAttribute('width', '14');
      dot.setAttribute('height', '14');
      return dot;
    }),
  );
}

function statesIn({ counts }: Snapshot): DeviceState[] {
  return DEVICE_STATES.filter((state) => state === 'stable' || counts[state] > 0);
}

function summaryOf(snapshot: Snapshot): string {
  return statesIn(snapshot)
    .map((state) => `${snapshot.counts[state]} ${stateWords(state, snapshot)}`)
    .join(', ');
}

/** The colours and the numbers, which is the text of the picture. */
function DotLegend({ snapshot }: { readonly snapshot: Snapshot }) {
  const { counts, offline } = snapshot;
  return (
    <ul className="plain dot-legend">
      {statesIn(snapshot).map((state) => (
        <li key={state} data-testid={`devices-${state}`}>
          <svg viewBox="0 0 20 20" className="dots" aria-hidden="true">
            <rect x="3" y="3" width="14" height="14" className={state} />
          </svg>
          <b>{counts[state]}</b> {stateWords(state, snapshot)}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 20 20" className="dots" aria-hidden="true">
          <rect x="3" y="3" width="14" height="14" className="stable offline" />
        </svg>
        <b>{offline}</b> without network now
      </li>
    </ul>
  );
}
