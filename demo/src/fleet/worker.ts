/// <reference lib="webworker" />
import { parseGolden } from '@perigee/registry';
import bytes from 'virtual:model-bytes';
import golden from '../../../models/digits/versions/1.1.0/golden.json?raw';
import reference from '../../../models/digits/versions/1.1.0/reference.json?raw';
import { createDriver } from './driver.ts';
import { createFleet } from './fleet.ts';
import type { Command } from './protocol.ts';
import { simulatedReference } from './releases.ts';

declare const self: DedicatedWorkerGlobalScope;

const madeOf = {
  seed: 17,
  reference: await simulatedReference(reference),
  golden: parseGolden(new TextEncoder().encode(golden)),
  bytes,
};
const driver = createDriver(
  () => createFleet(madeOf),
  (snapshot) => self.postMessage(snapshot, [snapshot.dots.buffer as ArrayBuffer]),
  // The page hears of it by its worker's error event.
  (error) => self.reportError(error),
);
self.addEventListener('message', ({ data }: MessageEvent<Command>) => driver.take(data));
