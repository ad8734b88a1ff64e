import type { Browser } from '@playwright/test';
import type { BenchModel } from '../models/types.d.ts';
import type { Pick, Say } from '../report/types.d.ts';
import type { BenchServer, Traffic } from '../server.mjs';

/** Values by the name of a model. */
export type ByModel<T> = Record<string, T>;
/** Values by the name of a side. */
export type BySide<T> = Record<string, T>;

/** Access of a section to the bench. */
export interface Context {
  /** Folder of the bench. */
  readonly out: string;
  readonly browser: Browser;
  readonly executablePath: string;
  readonly servers: Readonly<Record<'plain' | 'brotli' | 'slow' | 'slowBrotli', BenchServer>>;
  /** Folders of the installed peers by name. */
  readonly peers: Readonly<Record<string, string>>;
  readonly say: Say;
  readonly pick: Pick;
  /** Fewer models in a quick run. */
  few(models: readonly BenchModel[]): readonly BenchModel[];
  /** Notes the times of a raw side, which show whether other programs disturb the section. */
  control(label: string, times: readonly number[]): void;
  /** Notes sides that are left out, and the reasons. */
  leaveOut(model: { readonly title: string }, sides: Readonly<Record<string, string>>): void;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly samples: number;
  /** Median of the run inside the call, as a worker times it. */
  readonly inside?: number;
}
export interface Burst {
  readonly ms: number;
  readonly perSecond: number;
}
export interface Carried {
  readonly roundTrip: number;
  readonly carried: number;
  readonly sending: number;
}
export interface Block {
  readonly floor: number;
  readonly floorLongest: number;
  readonly load: number;
  readonly predict: number;
  readonly predictLongest: number;
  readonly task: number;
}
export interface Start {
  readonly answerMs: number;
  readonly scriptToAnswerMs: number;
}
export interface Download {
  readonly ms: number;
  readonly bytes: number;
}
export interface SmallModel {
  readonly first: number;
  readonly reload: number;
  readonly call: number;
  readonly bytes: number;
  readonly wasmBytes: number;
  readonly nodeCall: number;
}
export type StoredTimes = Record<'read' | 'create' | 'open' | 'answer', number>;
export interface Convolution {
  readonly calls: BySide<number>;
  readonly starts: BySide<number>;
  readonly first: BySide<number>;
  readonly reload: BySide<number>;
}
export interface NodeTimes {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly startMs?: number;
  readonly rss?: number;
}
/** Peaks of resident memory while a model of `bytes` is opened, and one of next to nothing. */
export interface OpeningMemory {
  readonly bytes: number;
  readonly large: { readonly peak: number };
  readonly small: { readonly peak: number };
}
/** The main thread of a page that opens a model of `bytes`. */
export interface LargeModel {
  readonly bytes: number;
  readonly sides: BySide<Record<'arrayBuffers' | 'cpuMs' | 'answerMs', number>>;
}
export interface GpuFigures {
  /** The GPU, or the software in its place. */
  readonly adapter: string;
  readonly models: ByModel<BySide<Percentiles>>;
}
export type WireBytes = Record<'page' | 'wasm' | 'model', number>;

/** The figures that the goals are about, by section. */
export interface Figures {
  readonly latency: ByModel<BySide<Percentiles>>;
  readonly concurrency: ByModel<Record<number, BySide<Burst>>>;
  readonly carry: BySide<Carried>;
  readonly blocking: ByModel<BySide<Block>>;
  readonly starts: ByModel<BySide<Record<string, Start>>>;
  readonly network: ByModel<BySide<Download>>;
  readonly tabular: BySide<SmallModel>;
  readonly stored: BySide<StoredTimes>;
  readonly sessions: Record<'perigee' | 'byHand', Record<string, number>>;
  readonly image: Record<string, Record<string, number>>;
  readonly node: ByModel<BySide<NodeTimes>>;
  readonly opening: BySide<OpeningMemory>;
  readonly large: LargeModel;
  readonly pack: Record<'bytes' | 'peak' | 'runtime', number>;
}

/** Times of a visit, in milliseconds since the navigation. */
export interface Visit {
  readonly scriptMs: number;
  readonly openMs: number;
  readonly answerMs: number;
  /** The worker's own times, where the side has them. */
  readonly timing: { readonly readMs: number; readonly createMs: number };
}

interface Timed {
  readonly ms: BySide<number[]>;
  readonly leftOut: Record<string, string>;
  /** The sides whose model runs in the page itself. */
  readonly inPlace?: readonly string[];
}

/** The functions of the lab page; see page/main.js. */
export interface Lab {
  latency(request: object): Promise<Timed & { readonly inside: BySide<number[]> }>;
  concurrency(request: object): Promise<Timed>;
  sessions(request: object): Promise<{
    readonly ms: Record<'perigee' | 'byHand', BySide<number[]>>;
    readonly leftOut: Record<string, string>;
  }>;
  carry(request: object): Promise<{
    readonly rows: BySide<Record<keyof Carried, number[]>>;
    readonly leftOut: Record<string, string>;
  }>;
  blocking(request: object): Promise<{ floor: number[]; load: number; predict: number[] }>;
  image(request: object): Promise<Record<string, number[]>>;
  memory(request: object): Promise<number | null>;
}

export type Visits = Record<string, Visit & { readonly traffic: readonly Traffic[] }>;

declare global {
  var bench: Lab;
  /** Set in page/start.js. */
  var answered: Promise<{ readonly ms: Visit; readonly error?: string }>;
}
