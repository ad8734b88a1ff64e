type Bytes = Uint8Array;

/** A way to keep a device's state. A write is on the disk when it resolves. */
export interface DeviceStore {
  put(key: string, bytes: Bytes): Promise<void>;
  /** For stores in which single writes take too long. */
  putAll?(entries: Readonly<Record<string, Bytes>>): Promise<void>;
  get(key: string): Promise<unknown>;
  /** Adds one to a counter. */
  add(key: string): Promise<void>;
  /** The counter, where `get` does not give it. */
  count?(key: string): Promise<number>;
  /** Runs `work` in a transaction. */
  hold(work: () => unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface Candidate {
  readonly title: string;
  /** The size of its packages. */
  readonly install: string;
  /** Packages by version that it needs. */
  readonly needs?: Readonly<Record<string, string>>;
  open(folder: string, modules: string): Promise<DeviceStore>;
}

/** One measurement of a candidate. */
export interface Trial {
  readonly name: string;
  readonly folder: string;
  readonly modules: string;
  readonly writes: number;
  open(folder: string): Promise<DeviceStore>;
}
