// The part of a service worker's scope that is used here. TypeScript's library "WebWorker" has the
// whole, but cannot be used beside "DOM".

interface ExtendableEventLike {
  waitUntil(work: Promise<unknown>): void;
}

interface WindowClient {
  readonly id: string;
}

interface WorkerEvents {
  install: ExtendableEventLike;
  activate: ExtendableEventLike;
  fetch: ExtendableEventLike & { readonly request: Request };
  message: ExtendableEventLike & {
    readonly data: unknown;
    readonly ports: readonly MessagePort[];
  };
}

export interface WorkerScope {
  readonly location: { readonly href: string };
  readonly navigator: { readonly connection?: { readonly saveData?: boolean } };
  readonly registration: {
    readonly scope: string;
    readonly installing: object | null;
    readonly waiting: object | null;
  };
  readonly clients: {
    matchAll(options: {
      readonly type: 'window';
      readonly includeUncontrolled: boolean;
    }): Promise<readonly WindowClient[]>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<K extends keyof WorkerEvents>(
    type: K,
    listener: (event: WorkerEvents[K]) => void,
  ): void;
}
