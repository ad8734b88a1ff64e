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

export function NoDataInPeriod() {
  return <Empty title="No data in this period">Choose a longer period above.</Empty>;
}

function Notice({ message }: { readonly message: string }) {
  return (
    <p className="notice" role="status">
      {message}
    </p>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  NO_DATA: 'No data in this period',
  NO_REFERENCE: 'This version has no reference',
  NO_REGISTRY: 'The collector has no registry',
  MODEL_NOT_FOUND: 'No data yet',
  TOO_FEW_DEVICES: 'Too few devices',
  UNAVAILABLE: 'The collector cannot answer now',
  UNREACHABLE: 'The collector does not answer',
  SHARE_LINK_INVALID: 'This share link is not valid',
  SHARE_LINK_EXPIRED: 'This share link has ended',
  SHARE_LINK_REVOKED: 'This share link was revoked',
  SHARE_LINK_SCOPE: 'This share link opens another page',
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
      <Empty title={TITLES[error.code] ?? 'An error occurred'}>
        {error.code === 'UNREACHABLE'
          ? 'The line below the page says since when, when it is asked again, and what to check.'
          : error.message}
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
