import type { KeyboardEvent } from 'react';
import { MAX_TEXT } from './placed-graph.ts';
import type { PlacedGraph, PlacedNode } from './placed-graph.ts';

interface Props {
  readonly placed: PlacedGraph;
  readonly zoom: number;
  readonly onOpen: (members: readonly number[]) => void;
}

/** A drawing of boxes and arrows. It scrolls, and blocks can be opened. */
export function GraphDrawing({ placed: { width, height, nodes, lines }, zoom, onOpen }: Props) {
  return (
    <div className="graph-scroll" tabIndex={0} role="region" aria-label="Drawing of the graph">
      <svg
        className="graph"
        width={width * zoom}
        height={height * zoom}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`${nodes.length} boxes, from the inputs above to the outputs below`}
      >
        <defs>
          <marker
            id="graph-arrow"
            viewBox="0 0 8 8"
            refX={7}
            refY={4}
            markerWidth={7}
            markerHeight={7}
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {lines.map((points, i) => (
          <polyline key={i} points={points} markerEnd="url(#graph-arrow)" />
        ))}
        {nodes.map((node, i) => (
          <Box key={i} node={node} onOpen={onOpen} />
        ))}
      </svg>
    </div>
  );
}

function Box({ node, onOpen }: { readonly node: PlacedNode; readonly onOpen: Props['onOpen'] }) {
  const { kind, label, detail, members, x, y, width, height } = node;
  const open = (): void => onOpen(members);
  const asButton =
    kind === 'block' &&
    ({
      role: 'button',
      tabIndex: 0,
      'aria-label': `Open the block of ${label}: ${detail}`,
      onClick: open,
      onKeyDown(event: KeyboardEvent) {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        // The space bar would scroll.
        event.preventDefault();
        open();
      },
    } as const);
  return (
    <g className={`graph-box ${kind}`} {...asButton}>
      <title>{detail ? `${label}: ${detail}` : label}</title>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={9} />
      <text x={x} y={detail ? y - 3 : y + 5} className="graph-label">
        {cut(label)}
      </text>
      {detail && (
        <text x={x} y={y + 14} className="graph-detail">
          {cut(detail)}
        </text>
      )}
    </g>
  );
}

/** The end of a name tells more than its beginning, which many share. */
function cut(text: string): string {
  return text.length > MAX_TEXT ? `…${text.slice(1 - MAX_TEXT)}` : text;
}
