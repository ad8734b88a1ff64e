import type { StorageReport } from '../../storage-types.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { isServer } from './place.ts';
import { firstSentence, messageOf } from './sentence.ts';

/** The used share of the browser's storage quota from which storage counts as nearly full. */
const NEARLY_FULL = 0.9;
const MAKE_ROOM = 'Free disk space, or delete models that are not used any more (perigee.remove).';

/** Checks that models stay on this device. */
export async function checkStorage(state: PerigeeState): Promise<readonly Finding[]> {
  let isFull: boolean;
  let report: StorageReport;
  try {
    isFull = await hasNoRoom(state);
    report = await state.ask('storage');
  } catch (error) {
    if (error instanceof state.main.PerigeeError && error.code === 'DISPOSED') throw error;
    return [broken(messageOf(error), state)];
  }
  const isWanted = state.config.store === 'memory';
  return [
    ...(report.kind === 'memory' && !isWanted ? [inMemory(isServer(state.runtime))] : []),
    ...notKept(report, isServer(state.runtime)),
    ...nearlyFull(report, isFull),
    ...(report.kind === 'indexeddb' && report.persisted === false ? [notPersisted()] : []),
  ];
}

/** Returns whether the store has no room, by writing to it. Such a store can still be read. */
async function hasNoRoom({ ask, main }: PerigeeState): Promise<boolean> {
  try {
    await ask('remember', 'doctor', Date.now());
    return false;
  } catch (error) {
    if (error instanceof main.PerigeeError && error.code === 'QUOTA') return true;
    throw error;
  }
}

function broken(message: string, { config: { store }, runtime }: PerigeeState): Finding {
  const place = typeof store === 'object' ? `the folder ${store.folder}` : 'its store';
  return {
    id: 'storage-failed',
    severity: 'error',
    what: 'No model can be found on this device, or kept there.',
    why: firstSentence(message),
    remedy: isServer(runtime)
      ? `Let this process read and write ${place}, or give createPerigee() another (store).`
      : 'Free disk space, allow site data for this page, and reload it.',
  };
}

function inMemory(onServer: boolean): Finding {
  const place = onServer ? 'process' : 'page';
  const what = `Models are kept in memory, and are gone with this ${place}.`;
  if (onServer) {
    return {
      id: 'storage-in-memory',
      severity: 'info',
      what,
      why: 'createPerigee() was given no folder.',
      remedy: 'Give createPerigee() a folder: { store: { folder: "…" } }.',
    };
  }
  return {
    id: 'storage-in-memory',
    severity: 'warning',
    what,
    why: 'The browser blocks IndexedDB here.',
    remedy: 'Leave the private window, or allow site data for this page.',
  };
}

function notKept({ models }: StorageReport, onServer: boolean): Finding[] {
  return models
    .filter(({ isInMemory }) => isInMemory)
    .map(({ name, version }) => ({
      id: 'model-not-kept',
      severity: 'warning',
      what: `${name}@${version} will be gone with this ${onServer ? 'process' : 'page'}.`,
      why: 'There was no room to keep it.',
      remedy: MAKE_ROOM,
    }));
}

function nearlyFull(
  { kind, usageBytes = 0, quotaBytes = Infinity }: StorageReport,
  isFull: boolean,
): Finding[] {
  const share = kind === 'indexeddb' ? usageBytes / quotaBytes : 0;
  if (!isFull && share <= NEARLY_FULL) return [];
  return [
    {
      id: 'storage-nearly-full',
      severity: 'warning',
      what: 'A further model, or an update, may not fit on this device.',
      why: isFull
        ? 'There is no room to write to.'
        : `${Math.floor(share * 100)} % of the storage of this origin is used.`,
      remedy: MAKE_ROOM,
    },
  ];
}

function notPersisted(): Finding {
  return {
    id: 'storage-not-persisted',
    severity: 'info',
    what: 'The browser may delete the models when the disk gets full.',
    why: 'This origin has no persistent storage.',
    remedy: 'Call perigee.storage.persist(), best when the user has just used a model.',
  };
}
