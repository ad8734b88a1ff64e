import type { VersionHealth } from '../../../src/api.ts';
import { drawLines } from '../../charts/export/draw-lines.ts';
import { ExportMenu } from '../../charts/export/export-menu.tsx';
import { seriesColor } from '../../charts/series-color.ts';
import { count } from '../../format.ts';

const HOUR_MS = 3_600_000;

interface Props {
  readonly versions: readonly VersionHealth[];
  readonly from: string;
  readonly to: string;
}

/** Exports the small charts of a model, on one axis. */
export function SparklineExport({ versions, from, to }: Props) {
  const hours = Math.max(0, ...versions.map(({ sparkline }) => sparkline.length));
  const times = Array.from({ length: hours }, (_, i) =>
    new Date(Date.parse(from) + i * HOUR_MS).toISOString(),
  );
  const caption = 'Predictions of the last day';
  const csv = {
    head: ['hour (UTC)', ...versions.map(({ version }) => version)],
    rows: times.map((time, i) => [time, ...versions.map(({ sparkline }) => sparkline[i] ?? 0)]),
  };
  return (
    <ExportMenu
      caption={caption}
      csv={csv}
      draw={() =>
        drawLines({
          label: caption,
          times,
          from,
          to,
          lines: versions.map(({ version, sparkline }, i) => ({
            name: version,
            color: seriesColor(i),
            values: sparkline,
          })),
          print: count,
          range: (_min, max) => [0, Math.max(1, (max ?? 0) * 1.1)],
        })
      }
    />
  );
}
