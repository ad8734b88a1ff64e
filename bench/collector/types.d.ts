import type { Pick as Take, Say } from '../report/types.d.ts';
import type { PublishedModel } from './fixture.mjs';

/** Access of a section of the monitor to the bench. */
export interface MonitorContext {
  readonly model: PublishedModel;
  readonly referenceFile: string;
  readonly folder: string;
  /** Folder of the peers. */
  readonly peers: string;
  readonly pick: Take;
  /** Minutes of the soak, and its uploads a second, if they were given. */
  readonly minutes: number | undefined;
  readonly rate: number | undefined;
  readonly say: Say;
  /** The figures of another section, if it was measured. */
  known(section: string): object | undefined;
}

export type MonitorResults = Record<
  string,
  { readonly date: string; readonly load?: readonly number[]; readonly figures: object }
>;

/** CPU time of the collector, in microseconds; of its main thread, in seconds. */
export interface Cpu {
  readonly user: number;
  readonly system: number;
  readonly mainThread: number;
}

/** Memory of the collector, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** A collector in a process of its own. */
export interface Server {
  readonly url: string;
  readonly pid: number | undefined;
  ask(what: 'cpu'): Promise<Cpu>;
  /** `collect`: after its garbage was collected. */
  ask(what: 'memory' | 'collect'): Promise<Memory>;
  close(): Promise<void>;
}

/** Options of a load generator. */
export interface LoadOptions {
  readonly referenceFile: string;
  /** Number of different uploads. */
  readonly variants: number;
  readonly seed: number;
  /** The running hour of the uploads; absent: that of the clock while they are made. */
  readonly nowHour?: number;
}

/**
 * Orders of a load generator. With `perSecond` every upload that is due is sent, however long that
 * takes. Times are measured from when an upload was due, so they include waiting for a free
 * connection.
 */
export interface Orders {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly warmSeconds?: number;
  /** Uploads a second in all; absent: as many as the collector takes. */
  readonly perSecond?: number;
  /** Frames that are made before the clock starts. */
  readonly ready: number;
}

/** The result of a load: times in milliseconds, and uploads by variant or status. */
export interface LoadAnswer {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly acknowledged: readonly number[];
  readonly refused: Readonly<Record<string, number>>;
  readonly bodyBytes: number;
  readonly ready: number;
  readonly clientCpu: number;
}

export interface Load {
  send(
    orders: Orders,
    on?: { onWarm?(): Promise<unknown>; onOver?(): Promise<unknown> },
  ): Promise<LoadAnswer>;
  close(): void;
}

export interface StoreOptions {
  readonly model: PublishedModel;
  readonly profiles: number;
  readonly days: number;
  readonly say: Say;
}

export interface QueryOptions extends StoreOptions {
  readonly folder: string;
  readonly rounds: number;
}

/** A store that ends in the hour in which it was made. */
export interface BigStore {
  readonly stamp: string;
  readonly dataDir: string;
  readonly rows: number;
  readonly profiles: number;
  readonly bytes: number;
}
