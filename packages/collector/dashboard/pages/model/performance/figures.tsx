import type { ReactNode } from 'react';
import { percent } from '../../../format.ts';

/** The most important number of a card. */
export function Headline({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) {
  return (
    <p className="headline">
      <span className="muted small">{label}</span>
      <b>{children}</b>
    </p>
  );
}

/** A number with its label, and its interval if there is one. */
export function Tile({
  label,
  value,
  range,
}: {
  readonly label: string;
  readonly value: string;
  readonly range?: string | undefined;
}) {
  return (
    <div className="tile">
      <span>{label}</span>
      <b>{value}</b>
      {range !== undefined && (
        <small className="muted" title="95 % interval">
          <span className="visually-hidden">95 % interval </span>
          {range}
        </small>
      )}
    </div>
  );
}

export function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}
