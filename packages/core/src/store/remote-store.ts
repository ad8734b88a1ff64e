import * as Comlink from 'comlink';
import { installWorkerErrors } from '../rpc/error-wire.ts';
import type { ModelStore } from './store.ts';

/** The memory store of the updater worker, seen from another worker: the same interface over a port. */
export function remoteStore(port: MessagePort): ModelStore {
  installWorkerErrors();
  const remote = Comlink.wrap<ModelStore>(port);
  return {
    kind: 'memory',
    putObjects: (objects) => remote.putObjects(objects),
    getObjects: (digests) => remote.getObjects(digests),
    missingObjects: (digests) => remote.missingObjects(digests),
    deleteObjects: (digests) => remote.deleteObjects(digests),
    listObjects: () => remote.listObjects(),
    packFile: (sha256, chunks) => remote.packFile(sha256, chunks),
    getFile: (sha256, chunks) => remote.getFile(sha256, chunks),
    putVersion: (record) => remote.putVersion(record),
    getVersion: (model, version, variant) => remote.getVersion(model, version, variant),
    listVersions: (model) => remote.listVersions(model),
    deleteVersion: (model, version, variant) => remote.deleteVersion(model, version, variant),
    getPointer: (ref) => remote.getPointer(ref),
    listPointers: () => remote.listPointers(),
    flip: (ref, to, expectedEpoch, beside) => remote.flip(ref, to, expectedEpoch, beside),
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
    close: async () => port.close(),
  };
}
