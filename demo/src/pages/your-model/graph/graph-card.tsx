import { useState } from 'react';
import type { Source } from '../compare-backends.ts';
import { GraphDrawing } from './graph-drawing.tsx';
import { LISTED } from './protocol.ts';
import type { Drawing } from './protocol.ts';
import { useGraph } from './use-graph.ts';

/** The operators of a model file, drawn and listed. */
export default function GraphCard({ source }: { readonly source: Source }) {
  const { drawing, isBusy, fault, open, showWhole } = useGraph(source);
  const [zoom, setZoom] = useState(1);
  return (
    <section className="card stack" aria-label="Graph" data-testid="graph" aria-busy={isBusy}>
      <div className="row">
        <h2>Graph</h2>
        <span className="spacer" />
        {drawing?.isPart && (
          <button type="button" className="button" onClick={showWhole} disabled={isBusy}>
            Whole graph
          </button>
        )}
        {drawing && <Zoom zoom={zoom} onZoom={setZoom} />}
      </div>
      <p className="small muted line" role="status">
        {fault !== undefined
          ? 'The graph of this file could not be drawn.'
          : drawing && !isBusy
            ? describe(drawing)
            : 'Drawing the graph …'}
      </p>
      {fault !== undefined && (
        <details>
          <summary>Details</summary>
          <p className="small">{fault}</p>
        </details>
      )}
      {drawing && (
        <>
          <GraphDrawing placed={drawing.placed} zoom={zoom} onOpen={open} />
          <NodeList drawing={drawing} />
        </>
      )}
    </section>
  );
}

function describe({ total, isFolded, isPart, placed, operators }: Drawing): string {
  const all = operators.reduce((sum, [, count]) => sum + count, 0);
  const count = `${all.toLocaleString('en')} operator${all === 1 ? '' : 's'}`;
  const of = isPart ? ' in this block' : '';
  return isFolded
    ? `${count}${of}, folded into ${placed.nodes.length} boxes. Press a block to see inside.`
    : `${count}${of}, ${total - all} inputs and outputs.`;
}

function Zoom({ zoom, onZoom }: { readonly zoom: number; onZoom(zoom: number): void }) {
  return (
    <div className="row graph-zoom">
      <button
        type="button"
        className="button icon-button"
        aria-label="Smaller"
        disabled={zoom <= 0.25}
        onClick={() => onZoom(zoom / 1.5)}
      >
        −
      </button>
      <button
        type="button"
        className="button icon-button"
        aria-label="Larger"
        disabled={zoom >= 2}
        onClick={() => onZoom(zoom * 1.5)}
      >
        +
      </button>
    </div>
  );
}

function NodeList({ drawing: { listed, operators, total } }: { readonly drawing: Drawing }) {
  return (
    <>
      <ul className="operators plain" aria-label="Operators">
        {operators.map(([label, count]) => (
          <li key={label} className="badge">
            {label} ×{count.toLocaleString('en')}
          </li>
        ))}
      </ul>
      <details>
        <summary>List of all nodes</summary>
        <div className="table-scroll graph-list" tabIndex={0} role="region" aria-label="Nodes">
          <table>
            <thead>
              <tr>
                <th scope="col">operator</th>
                <th scope="col">name</th>
              </tr>
            </thead>
            <tbody>
              {listed.map(({ kind, label, name }, i) => (
                <tr key={i}>
                  <td>{kind === 'operator' ? label : <span className="muted">{kind}</span>}</td>
                  <td>{name || <span className="muted">none</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {total > LISTED && (
            <p className="small muted">
              The first {LISTED} of {total.toLocaleString('en')}.
            </p>
          )}
        </div>
      </details>
    </>
  );
}
