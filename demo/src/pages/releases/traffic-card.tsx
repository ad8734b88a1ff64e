import { bytes as bytesText } from '../../format.ts';
import type { Snapshot } from '../../fleet/protocol.ts';
import { percentText } from '../../fleet/words.ts';

/** Bytes that updates took, and those that deltas saved. */
export function TrafficCard({ snapshot: { bytes, predictions } }: { readonly snapshot: Snapshot }) {
  const { fetched, full, updates, uploaded } = bytes;
  return (
    <section className="card stack" aria-label="Traffic">
      <h2>Traffic</h2>
      <div className="tiles">
        <Tile value={updates.toLocaleString('en')} label="updates fetched" />
        <Tile value={bytesText(fetched)} label="downloaded" />
        <Tile
          value={full > 0 ? percentText(1 - fetched / full) : '–'}
          label="saved, because devices fetch only what changed"
        />
        <Tile
          value={bytesText(uploaded)}
          label={`of counts for ${predictions.toLocaleString('en')} predictions`}
        />
      </div>
    </section>
  );
}

function Tile({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <div className="tile">
      <b>{value}</b>
      <span>{label}</span>
    </div>
  );
}
