import type { ReactNode } from 'react';
import type { Fault } from '../visitor-words.ts';

interface Props {
  readonly fault: Fault;
  /** The failure, as a sentence. */
  readonly what?: string;
  readonly onRetry?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** A fault in a visitor's words, a way to try again, and the report of the SDK behind "Details". */
export function FaultNotice({ fault: { words, detail }, what, onRetry, children }: Props) {
  return (
    <div className="notice bad stack fault" role="alert">
      <p>
        {what && `${what} `}
        {words}
      </p>
      <Details text={detail} />
      {(onRetry ?? children) && (
        <div className="row">
          {onRetry && (
            <button type="button" className="button" onClick={onRetry}>
              Try again
            </button>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

/** The raw report of the SDK or of a runtime. */
export function Details({ text }: { readonly text: string }) {
  return (
    <details className="raw">
      <summary>Details</summary>
      <p className="small">{text}</p>
    </details>
  );
}
