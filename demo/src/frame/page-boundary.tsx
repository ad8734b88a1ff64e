import { Component } from 'react';
import type { ReactNode } from 'react';
import { messageOf } from '../format.ts';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly error?: unknown;
}

/** Shows an error of a page in place of the page, and offers to load it again. */
export class PageBoundary extends Component<Props, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    if (!('error' in this.state)) return this.props.children;
    return (
      <div className="card stack" role="alert">
        <h1>This page could not be shown</h1>
        <p>
          {navigator.onLine
            ? 'A part of it did not load, or it has a fault. Often it works at the second try.'
            : 'This browser has no network now, and this page is not kept on the device.'}
        </p>
        <div className="row">
          {/* A module that did not load fails until the document is loaded again. */}
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Try again
          </button>
        </div>
        <details>
          <summary>What happened</summary>
          <code>{messageOf(this.state.error)}</code>
        </details>
      </div>
    );
  }
}
