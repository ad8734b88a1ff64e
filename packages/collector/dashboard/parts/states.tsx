import type { ReactNode } from 'react';

/** Takes the room of what will come, so that nothing jumps when it does. */
export function Skeleton({ height }: { readonly height: number }) {
  return <div className="skeleton" style={{ height }} role="status" aria-label="Loading" />;
}

/** Nothing to show, and what would change that. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <div className="muted">{children}</div>
    </div>
  );
}

export function Notice({ message }: { readonly message: string }) {
  return <p className="badge warn" role="status">{message}</p>;
}
