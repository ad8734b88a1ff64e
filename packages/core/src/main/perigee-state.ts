import { runtime } from '#runtime';
import type { PerigeeConfig, PerigeeEvents } from '../config.ts';
import { PerigeeError } from '../error.ts';
import { createBufferPool } from '../rpc/buffer-pool.ts';
import type { BufferPool } from '../rpc/buffer-pool.ts';
import { connect } from '../rpc/connect.ts';
import type { Connection } from '../rpc/connect.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import type { UpdaterApi } from '../rpc/updater-api.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createEmitter } from './events.ts';
import type { Emitter } from './events.ts';
import { MAIN_BUNDLE } from './main-bundle.ts';
import type { MainBundle } from './main-bundle.ts';
import { FILES } from './make-room.ts';
import type { Room } from './make-room.ts';
import type { ModelHandle } from './model.ts';

/** A started updater worker. */
export interface Updater {
  readonly connection: Connection<UpdaterApi>;
  /** Identifies this page or process in the marks it writes to the store. */
  readonly page: string;
  /** The store that inference workers read from. */
  store: StoreLocation;
  /** Called on dispose(): writes and sends what would otherwise be lost. Takes at most 3 s. */
  leave(): Promise<void>;
}

/** The state of one Perigee, which its parts share. */
export interface PerigeeState extends Room {
  readonly main: MainBundle;
  readonly runtime: Runtime;
  readonly config: PerigeeConfig;
  readonly events: Emitter<PerigeeEvents>;
  readonly buffers: BufferPool;
  /** Loaded models and their references, with the channel. */
  readonly models: Map<ModelHandle, string>;
  /**
   * References whose version was opened on probation or was just activated. Their answers are
   * watched after the load, whatever the update strategy is.
   */
  readonly toWatch: Set<string>;
  /** Aborted by dispose(). */
  readonly disposal: AbortController;
  /** The most recently started updater; undefined before the first use. */
  updater: Promise<Updater> | undefined;
  /** The connection to that updater, which is there before the updater has its store. */
  updaterConnection: Connection<UpdaterApi> | undefined;
  /** Models of files, which count in the budget, too. */
  readonly files: Room;
  /** Starts the updater worker on first use, and again if it ended or failed to start. */
  startedUpdater(): Promise<Updater>;
  /** Calls a method of the updater worker. */
  readonly ask: Connection<UpdaterApi>['call'];
  /** Emits `error` if the work fails. */
  inBackground(work: Promise<unknown>): void;
}

export function createPerigeeState(config: PerigeeConfig): PerigeeState {
  const state: PerigeeState = {
    main: MAIN_BUNDLE,
    runtime,
    config,
    events: createEmitter<PerigeeEvents>(
      'updateready|fallback|error|metadatastale|evicted|released|telemetry',
    ),
    buffers: createBufferPool(),
    models: new Map(),
    toWatch: new Set(),
    disposal: new AbortController(),
    updater: undefined,
    updaterConnection: undefined,
    files: FILES,
    openings: new Set(),
    budget: undefined,
    async startedUpdater() {
      if (state.updaterConnection?.ended) state.updater = undefined;
      if (!state.updater) state.disposal.signal.throwIfAborted();
      return (state.updater ??= startUpdater(state));
    },
    ask: async (method, ...args) => (await state.startedUpdater()).connection.call(method, ...args),
    inBackground(work) {
      work.catch((error: unknown) => reportFailure(state, error));
    },
  };
  return state;
}

/** Starts the worker at once and fetches the code that sets it up meanwhile. */
async function startUpdater(state: PerigeeState): Promise<Updater> {
  const connection = connect<UpdaterApi>(runtime.spawn('updater', state.config.assetsUrl ?? null));
  state.updaterConnection = connection;
  try {
    return await (await import('./init-updater.ts')).initUpdater(state, connection);
  } catch (error) {
    const fault = asFault(error);
    connection.end(fault);
    throw fault;
  }
}

/** An error with a code. Code that is fetched late fails without one if the network is away. */
export function asFault(error: unknown): PerigeeError {
  return error instanceof PerigeeError
    ? error
    : new PerigeeError('NETWORK', String(error), { cause: error });
}

function reportFailure({ disposal, events }: PerigeeState, error: unknown): void {
  if (disposal.signal.aborted) return;
  events.emit('error', { error: asFault(error) });
}
