import { dropOpened, dropUnused } from './drop-unused.ts';
import { countsFiles, createFilesBudget, isPerigee } from './files-budget.ts';
import { canReturn, endIdle } from './give-back.ts';
import { fileBytesOf, livingWorkers, memoryOf, workersOf } from './memory-of.ts';
import type { ModelHandle } from './model.ts';
import type { OpenSource } from '../rpc/inference-api.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { EarlyWorker, OpenWorker } from './backends/open-worker.ts';
import type { Room } from './make-room.ts';
import type { PerigeeState } from './perigee-state.ts';
import type { WorkerPool } from './calls/worker-pool.ts';

const MB = 1024 * 1024;
/**
 * The default budget as a share of the device's memory. The rest is for the page, other tabs and
 * the system.
 */
const SHARE = 1 / 4;
/** Assumed memory of a device that does not report it: that of an ordinary phone. */
const UNKNOWN_MB = 4_096;
/** An opening waits this long for models whose calls do not end. Then it exceeds the budget. */
const PATIENCE_MS = 5_000;
/** A model that could not be opened again keeps its workers this long. Then it is asked again. */
const UNKEPT_MS = 60_000;

/** One opening of a worker, which may have to wait for memory. */
export interface Opening {
  /** For a file by URL 0 until its host has answered, unless it was open before. */
  fileBytes: number;
  /** Aborted when the worker is not needed any more. */
  readonly signal: AbortSignal | undefined;
  /** The file that is being opened; absent for a model by name. */
  readonly source?: OpenSource;
  /** Whether the model has another worker, which answers calls meanwhile. */
  isExtra?(): boolean;
  /** Whether it waits for memory. */
  isWaiting?: boolean;
  /** Perigees whose budgets have room for this file, also while it waits for that of another. */
  roomIn?: Set<Room>;
  /** The worker that was started before the model was known. */
  readonly early?: EarlyWorker | undefined;
  /** Whether this stands for such a worker alone, until the opening that uses it comes. */
  readonly isEarly?: true;
  /** The worker, once it is open. */
  worker?: OpenWorker;
}

/** Keeps loaded models within a memory budget. */
export interface MemoryBudget {
  /**
   * Ends workers of idle models if the budget is exceeded or something waits for memory.
   * @param isIdle whether the reason is that a model has become idle
   */
  fit(isIdle?: boolean): void;
  /** Resolves when there is memory for the opening, or when it was aborted. */
  admit(opening: Opening): Promise<void>;
}

interface BudgetState {
  readonly perigee: PerigeeState;
  /** Those whose budgets may limit files. */
  readonly rooms: ReadonlySet<Room>;
  readonly limitMB: number;
  /** Openings that wait, in the order in which they came, and what tells them to go on. */
  readonly waiting: Map<Opening, () => void>;
  /** Estimated memory of the pools whose workers are being ended, in bytes. */
  readonly leaving: Map<WorkerPool, number>;
  /**
   * Pools that could not be opened again, because their versions are not on this device any more,
   * or their files may be out of reach, and the time until which they keep their workers.
   */
  readonly unkept: WeakMap<WorkerPool, number>;
  /** Whether the models exceed the budget and only busy ones hold workers. */
  isOver: boolean;
  /** When something began to wait, or a worker was last opened or ended meanwhile. */
  movedMs: number;
  patience: ReturnType<typeof setTimeout> | undefined;
  /** Called when a worker ends while something waits. */
  readonly onEnd: () => void;
}

/**
 * Creates the budgets that are missing.
 * @param room where something opens or was opened
 * @param rooms those whose budgets may limit files; adds the room, and drops those not in use
 */
export function createBudgets(room: Room, rooms: Set<Room>): void {
  rooms.add(room);
  dropUnused(rooms);
  for (const one of rooms)
    one.budget ??= isPerigee(one) ? createMemoryBudget(one, rooms) : createFilesBudget(rooms);
}

/**
 * Creates the budget of a Perigee. The least recently used models without a call in flight end their
 * workers; their next call opens one again. An opening waits until the workers that make room for
 * it have ended, so models do not exceed the budget meanwhile. Imported with the second model.
 */
function createMemoryBudget(perigee: PerigeeState, rooms: ReadonlySet<Room>): MemoryBudget {
  const budget: BudgetState = {
    perigee,
    rooms,
    limitMB: perigee.config.memoryBudgetMB ?? defaultBudgetMB(perigee.runtime),
    waiting: new Map(),
    leaving: new Map(),
    unkept: new WeakMap(),
    isOver: false,
    movedMs: 0,
    patience: undefined,
    // Others that hear of the end may still have to note it.
    onEnd: () => queueMicrotask(() => budget.waiting.size > 0 && settle(budget)),
  };
  return {
    fit(isIdle = false) {
      if (!isIdle || budget.isOver || budget.waiting.size > 0) settle(budget);
    },
    admit: (opening) =>
      new Promise((resolve) => {
        const signal = AbortSignal.any([opening.signal ?? [], perigee.disposal.signal].flat());
        const goOn = (): void => {
          signal.removeEventListener('abort', goOn);
          opening.isWaiting = false;
          budget.waiting.delete(opening);
          if (budget.waiting.size === 0) clearTimeout(budget.patience);
          resolve();
        };
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', goOn);
        opening.isWaiting = true;
        if (budget.waiting.size === 0) budget.movedMs = performance.now();
        budget.waiting.set(opening, goOn);
        settle(budget);
      }),
  };
}

/** Lets openings go on for which there is memory, and makes room for the others. */
function settle(budget: BudgetState): void {
  const { perigee, waiting } = budget;
  if (perigee.disposal.signal.aborted) return;
  dropOpened(perigee);
  if (waiting.size > 0) watchWorkers(budget);
  if (isOpening(budget, perigee)) budget.movedMs = performance.now();
  for (const [opening, goOn] of waiting) {
    const bytes = memoryOf(opening.fileBytes, 1);
    makeRoomFor(budget, bytes - openedBytes(budget, opening), opening);
    const usedByOthers = usedBytes(budget) - openedBytes(budget, opening);
    const isEnough = usedByOthers + bytes <= limitBytes(budget);
    const isExtra = opening.isExtra?.() ?? false;
    const isLate = !isExtra && performance.now() - budget.movedMs >= PATIENCE_MS;
    if (isEnough || isLate || !mayEnd(budget, opening)) {
      goOn();
      budget.movedMs = performance.now();
    } else if (!isExtra) return waitOn(budget);
  }
  budget.isOver = !makeRoomFor(budget, 0);
}

/** Looks again when the patience of the first opening ends. Calls that end do not prolong it. */
function waitOn(budget: BudgetState): void {
  const restMs = budget.movedMs + PATIENCE_MS - performance.now();
  clearTimeout(budget.patience);
  budget.patience = setTimeout(() => settle(budget), restMs);
}

/** Hears of workers that end by themselves, after a failure or because nobody needs them. */
function watchWorkers(budget: BudgetState): void {
  const { perigee, onEnd } = budget;
  for (const { early, worker } of perigee.openings)
    for (const one of [early, worker]) one?.connection.endings.add(onEnd);
  for (const { pool } of modelsOf(budget))
    for (const { connection } of pool.use.alive) connection.endings.add(onEnd);
}

/**
 * Asks the least recently used idle models for their workers until so many bytes are free. Returns
 * whether they will be. The most recently used model keeps its workers, unless another one is about
 * to open. Workers that were started early end, too: their models may still be on their way here.
 * @param opening what the bytes are for; its own model keeps its workers
 */
function makeRoomFor(budget: BudgetState, bytes: number, opening?: Opening): boolean {
  const { leaving } = budget;
  const holders = holdersOf(budget)
    .filter(({ pool }) => !leaving.has(pool) && (!opening || pool.use.room !== opening))
    .sort((a, b) => a.pool.use.lastUsedMs - b.pool.use.lastUsedMs);
  let needed = usedBytes(budget) + bytes;
  for (const leavingBytes of leaving.values()) needed -= leavingBytes;
  for (const model of opening ? holders : holders.slice(0, -1)) {
    if (needed <= limitBytes(budget)) break;
    const { pending, isOpening } = model.pool.use;
    if (pending > 0 || isOpening || keepsWorkers(budget, model)) continue;
    const held = memoryOf(fileBytesOf(model), livingWorkers(model));
    needed -= held;
    void giveBack(budget, model, held);
  }
  for (const other of opening ? budget.perigee.openings : []) {
    if (needed <= limitBytes(budget)) break;
    if (!other.isEarly) continue;
    needed -= memoryOf(0, 1);
    endEarly(budget, other);
  }
  return needed <= limitBytes(budget);
}

/** Whether the model could not be opened again when it was last asked for its workers. */
function keepsWorkers({ unkept }: BudgetState, { pool }: ModelHandle): boolean {
  return performance.now() < (unkept.get(pool) ?? 0);
}

function endEarly({ perigee: { main, openings } }: BudgetState, opening: Opening): void {
  openings.delete(opening);
  const why = 'The memory was needed for another model.';
  opening.early?.connection.end(new main.PerigeeError('DISPOSED', why));
}

/** Whether memory may still become free by itself. */
function mayEnd(budget: BudgetState, opening: Opening): boolean {
  const isBusy = ({ pool: { use } }: ModelHandle): boolean =>
    use.pending > 0 && use.room !== opening;
  return (
    budget.leaving.size > 0 ||
    roomsOf(budget).some((room) => isOpening(budget, room)) ||
    holdersOf(budget).some(isBusy)
  );
}

/**
 * Whether a worker is being opened, or is open and not one of a model yet. For files this may take
 * long: they are downloaded meanwhile.
 */
function isOpening(budget: BudgetState, { models, openings }: Room): boolean {
  return (
    [...openings].some((opening) => !opening.isEarly && hasRoom(budget, opening)) ||
    [...models.keys()].some((model) => workersIn(budget, model) > livingWorkers(model))
  );
}

/** Whether an opening has room in this budget, and not only waits for it. */
function hasRoom({ perigee }: BudgetState, { isWaiting, roomIn }: Opening): boolean {
  return !isWaiting || !!roomIn?.has(perigee);
}

/** Number of workers of a model, including one that has room in this budget. */
function workersIn(budget: BudgetState, model: ModelHandle): number {
  const { room } = model.pool.use;
  return workersOf(model) + (room?.isWaiting && hasRoom(budget, room) ? 1 : 0);
}

/** The rooms that the budget limits: that of its Perigee and, if it counts files, theirs. */
function roomsOf({ perigee, rooms }: BudgetState): readonly Room[] {
  return countsFiles(perigee, rooms) ? [perigee, perigee.files] : [perigee];
}

/** The loaded models in the budget. */
function modelsOf(budget: BudgetState): ModelHandle[] {
  return roomsOf(budget).flatMap(({ models }) => [...models.keys()]);
}

/** The models that have workers. */
function holdersOf(budget: BudgetState): ModelHandle[] {
  return modelsOf(budget).filter((model) => livingWorkers(model) > 0);
}

/** Estimated memory of all workers, including those that are being opened or ended. */
function usedBytes(budget: BudgetState): number {
  let bytes = 0;
  for (const model of modelsOf(budget))
    bytes += memoryOf(fileBytesOf(model), workersIn(budget, model));
  for (const { openings } of roomsOf(budget))
    for (const opening of openings) bytes += openedBytes(budget, opening);
  return bytes;
}

/** Estimated memory of an opening in this budget; while it waits, that of its early worker. */
function openedBytes(budget: BudgetState, opening: Opening): number {
  if (hasRoom(budget, opening)) return memoryOf(opening.fileBytes, 1);
  return opening.early && !opening.early.connection.ended ? memoryOf(0, 1) : 0;
}

function limitBytes({ limitMB }: BudgetState): number {
  return limitMB * MB;
}

async function giveBack(budget: BudgetState, model: ModelHandle, bytes: number): Promise<void> {
  const { perigee, leaving, unkept, limitMB } = budget;
  const { pool, name, version } = model;
  const { lastUsedMs } = pool.use;
  leaving.set(pool, bytes);
  const keepWorkers = (): void => void unkept.set(pool, performance.now() + UNKEPT_MS);
  try {
    const mayReturn = await canReturn(perigee, model, PATIENCE_MS);
    if (perigee.disposal.signal.aborted) return;
    if (!mayReturn) keepWorkers();
    // A model that was called meanwhile is not the least recently used one any more.
    else if (pool.use.lastUsedMs === lastUsedMs && (await endIdle(model))) {
      budget.movedMs = performance.now();
      perigee.events.emit('released', { model: name, version, reason: reasonOf(bytes, limitMB) });
    }
  } catch {
    // The updater worker ended, so the version may be lost.
    keepWorkers();
  } finally {
    leaving.delete(pool);
    // If the workers are still there, because of a new call or because the version is not kept, the
    // next pool is tried.
    settle(budget);
  }
}

function reasonOf(bytes: number, limitMB: number): string {
  return (
    `about ${Math.ceil(bytes / MB)} MB were needed for other models, within memoryBudgetMB = ` +
    `${limitMB}`
  );
}

/** The default budget in MB. */
function defaultBudgetMB(runtime: Runtime): number {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { readonly deviceMemory?: number };
  const memoryMB = runtime.memoryMB?.() ?? (deviceMemory ? deviceMemory * 1_024 : UNKNOWN_MB);
  return Math.floor(memoryMB * SHARE);
}
