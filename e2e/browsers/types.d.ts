/** A tab of a browser under test. `call` evaluates an expression in its page. */
export interface Tab {
  goto(url: string): Promise<void>;
  call(source: string): Promise<unknown>;
  closeTab(): Promise<void>;
}

/** A browser under test, with its first tab. */
export interface DrivenBrowser extends Tab {
  readonly version: string;
  openTab(): Promise<Tab>;
  close(): Promise<void>;
}

/** A change that a host makes to the files that match. */
export interface Tampering {
  matches(path: string): boolean;
  change(bytes: Buffer): Buffer;
}

export interface Host {
  readonly url: string;
  /** The requests since the last `forget()`, with what the browser said they are for. */
  requests(): readonly { readonly path: string; readonly kind: string }[];
  forget(): void;
  tamper(next: Tampering | null): void;
  /** Ends all connections and lets nobody connect until `start()`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): void;
}

/** An engine with its settings, and a way to open it. */
export interface Engine {
  /** The engine in the table, such as "Firefox". */
  readonly name: string;
  /** Its settings, such as "WebGPU on SwiftShader", or ''. */
  readonly settings: string;
  /** Whether the page may be without isolation. False where only isolation is of interest. */
  readonly isAlsoPlain: boolean;
  /** The groups of rows that differ with these settings. Without it, all groups. */
  readonly groups?: readonly string[];
  /** Whether `npm test` runs its slice. */
  readonly isInSlice: boolean;
  open(options?: { readonly profile?: string }): Promise<DrivenBrowser | null>;
}

/** The right answers, from Node. */
export interface Expected {
  readonly onnx: readonly number[];
  readonly tfjs: readonly number[];
}

/** The browser and the hosts of a scenario. */
export interface Place {
  readonly browser: DrivenBrowser;
  readonly host: Host;
  /** A host of another origin that serves the package's files for browsers. */
  readonly otherHost: Host;
  readonly engine: Engine;
  readonly isIsolated: boolean;
  readonly expected: Expected;
  /** Opens the lab page anew. */
  visit(): Promise<void>;
}

/** A row of the table. */
export interface Scenario {
  readonly title: string;
  readonly group: string;
  /** Whether `npm test` runs it. */
  readonly isInSlice: boolean;
  /** Whether it runs in this place. Without it, it runs everywhere. */
  isFor?(place: Pick<Place, 'engine' | 'isIsolated'>): boolean;
  /** Resolves to the fact for the table. Rejects where the browser is wrong. */
  run(place: Place): Promise<Fact>;
}

export interface Fact {
  /** The cell of the table. */
  readonly says: string;
  /** A sentence about a fallback that this browser needs; undefined without one. */
  readonly fallsBack?: string | undefined;
}

/** A cell of the table. */
export interface Cell extends Fact {
  readonly title: string;
  readonly hasPassed: boolean;
}

/** The cells of one engine on one kind of page. */
export interface Column extends Pick<Engine, 'name' | 'settings'>, Pick<Place, 'isIsolated'> {
  readonly version: string;
  /** The day of the run. */
  readonly day: string;
  readonly cells: readonly Cell[];
}

/** The answer of the worker that runs the contract of the stores. */
export interface StoresAnswer {
  readonly forms: readonly string[];
  readonly results: readonly { readonly name: string; readonly fault: string | null }[];
}

/** The part of a service worker's scope that offline-worker.js uses. */
export interface OfflineWorkerScope {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    name: 'install' | 'activate' | 'fetch',
    listener: (event: {
      readonly request: Request;
      waitUntil(work: Promise<unknown>): void;
      respondWith(response: Promise<Response>): void;
    }) => void,
  ): void;
}
