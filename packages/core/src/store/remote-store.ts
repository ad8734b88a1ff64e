import * as Comlink from 'comlink';
import { PerigeeError } from '../error.ts';
import { installWorkerErrors } from '../rpc/error-wire.ts';
import type { ModelStore } from './store.ts';

export interface RemoteStore extends ModelStore {
  /** Connects to another updater's store; with null, the updater ended and calls reject. */
  relink(port: MessagePort | null): void;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Calls over one port. Every call settles, also when the port is cut. */
interface Link {
  call(method: string, args: unknown[]): Promise<unknown>;
  cut(): void;
}

/** Accesses the updater worker's store in memory from another worker, over a port. */
export function remoteStore(first: MessagePort): RemoteStore {
  installWorkerErrors();
  let link = openLink(first);
  const remote = new Proxy({} as ModelStore, {
    get:
      (_target, method: string): Method =>
      (...args) =>
        link.call(method, args),
  });
  return {
    kind: 'memory',
    relink(port) {
      link.cut();
      if (port) link = openLink(port);
    },
    putObjects: (objects) => remote.putObjects(objects),
    getObjects: (digests) => remote.getObjects(digests),
    missingObjects: (digests) => remote.missingObjects(digests),
    deleteObjects: (digests) => remote.deleteObjects(digests),
    listObjects: () => remote.listObjects(),
    packFile: (sha256, chunks) => remote.packFile(sha256, chunks),
    putFile: (sha256, chunks, whole) => remote.putFile(sha256, chunks, whole),
    getFile: (sha256, chunks) => remote.getFile(sha256, chunks),
    // An open file cannot be sent.
    openFile: async () => undefined,
    takeApart: (sha256) => remote.takeApart(sha256),
    putVersion: (record) => remote.putVersion(record),
    getVersion: (model, version, variant) => remote.getVersion(model, version, variant),
    listVersions: (model) => remote.listVersions(model),
    deleteVersion: (model, version, variant) => remote.deleteVersion(model, version, variant),
    stageVersion: (record) => remote.stageVersion(record),
    changeVersion: (named, from, changes) => remote.changeVersion(named, from, changes),
    addAttempts: (model, version, variant, by) => remote.addAttempts(model, version, variant, by),
    getPointer: (ref) => remote.getPointer(ref),
    listPointers: () => remote.listPointers(),
    flip: (ref, to, expectedEpoch, extraValues) => remote.flip(ref, to, expectedEpoch, extraValues),
    deletePointer: (ref) => remote.deletePointer(ref),
    getValue: (key) => remote.getValue(key),
    putValue: (key, value) => remote.putValue(key, value),
    deleteValue: (key) => remote.deleteValue(key),
    changeValues: (read, next) => remote.changeValues(read, next),
    mergeProfile: (key, profile) => remote.mergeProfile(key, profile),
    listValues: (prefix) => remote.listValues(prefix),
    getValues: (prefix) => remote.getValues(prefix),
    addBatch: (batch, sealed) => remote.addBatch(batch, sealed),
    listBatches: () => remote.listBatches(),
    deleteBatch: (batchId) => remote.deleteBatch(batchId),
    close: async () => link.cut(),
  };
}

function openLink(port: MessagePort): Link {
  const remote = Comlink.wrap<Record<string, Method>>(port);
  const waiting = new Set<(error: PerigeeError) => void>();
  let lost: PerigeeError | undefined;
  return {
    call: (method, args) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost);
        waiting.add(reject);
        // Comlink's proxy has every property.
        const answer = (remote[method] as unknown as Method)(...args);
        answer.finally(() => waiting.delete(reject)).then(resolve, reject);
      }),
    cut() {
      lost ??= new PerigeeError(
        'WORKER_CRASHED',
        'The store was in the memory of the updater worker, which ended.',
      );
      port.close();
      for (const reject of waiting) reject(lost);
    },
  };
}
