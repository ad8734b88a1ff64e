import type { ReactNode } from 'react';
import type { Loaded } from '../api.ts';

/** A placeholder of the final height, so that the layout does not jump. */
export function Skeleton({ height }: { readonly height: number }) {
  return <div className="skeleton" style={{ height }} role="status" aria-label="Loading" />;
}

/** States that there is nothing to show, and how to change that. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <div className="muted">{children}</div>
    </div>
  );
}

export function Notice({ message }: { readonly message: string }) {
  return (
    <p className="notice" role="status">
      {message}
    </p>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  NO_DATA: 'None in this window',
  NO_REFERENCE: 'There is no reference to compare with',
  NO_REGISTRY: 'There are no references',
  MODEL_NOT_FOUND: 'Nothing was counted yet',
  TOO_FEW_DEVICES: 'Too few devices to be shown',
  UNAVAILABLE: 'The collector has trouble answering',
  UNREACHABLE: 'The collector does not answer',
};

/** Renders an answer, a placeholder while it loads, or its error. */
export function Answer<T>({
  of,
  height,
  children,
}: {
  readonly of: Loaded<T>;
  readonly height: number;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error } = of;
  if (data === undefined && error === undefined) return <Skeleton height={height} />;
  if (data === undefined && error !== undefined) {
    return (
      <Empty title={TITLES[error.code] ?? 'This cannot be shown'}>
        {error.code === 'UNREACHABLE' ? 'It is asked again every five seconds.' : error.message}
      </Empty>
    );
  }
  return (
    <>
      {error && <Notice message={error.message} />}
      {data !== undefined && children(data)}
    </>
  );
}
