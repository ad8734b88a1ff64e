import type { ReactElement, ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
  /** Shown in place of a table without rows. */
  readonly none: string;
}

/** A table that scrolls sideways on a narrow screen, also by keyboard. */
export function Table({ label, head, rows, none }: Props): ReactElement {
  if (rows.length === 0) return <p>{none}</p>;
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) => (
                <td key={head[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A size with a unit that suits it. */
export function bytes(count: number): string {
  const [unit, name] = count < 1e6 ? [1e3, 'KB'] : [1e6, 'MB'];
  return `${(count / unit).toFixed(1)} ${name}`;
}

/** A duration with a digit or two after the point. */
export function ms(duration: number | undefined): string {
  return duration === undefined ? '' : `${duration.toFixed(duration < 10 ? 2 : 1)} ms`;
}
