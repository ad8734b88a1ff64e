import type { ComponentProps } from 'react';
import { ExportMenu } from './export/export-menu.tsx';
import { TableTwin } from './table-twin.tsx';

type Props = ComponentProps<typeof TableTwin> & ComponentProps<typeof ExportMenu>;

/** Stands below every chart: its data as a table, and its files. */
export function ChartData({ caption, head, rows, csv, draw }: Props) {
  return (
    <div className="chart-data">
      <TableTwin caption={caption} head={head} rows={rows} />
      <ExportMenu caption={caption} csv={csv} draw={draw} />
    </div>
  );
}
