/// <reference lib="webworker" />
import { parseGolden } from '@perigee/registry';
import bytes from 'virtual:model-bytes';
import golden from '../../../models/digits/versions/1.1.0/golden.json?raw';
import reference from '../../../models/digits/versions/1.1.0/reference.json?raw';
import { createDriver } from './driver.ts';
import type { Driver } from './driver.ts';
import { createFleet } from './fleet.ts';
import type { Command } from './protocol.ts';
import { simulatedReference } from './releases.ts';

declare const self: DedicatedWorkerGlobalScope;

async function start(): Promise<Driver> {
  const fleet = createFleet({
    seed: 17,
    reference: await simulatedReference(reference),
    golden: parseGolden(new TextEncoder().encode(golden)),
    bytes,
  });
  return createDriver(
    fleet,
    (snapshot) => self.postMessage(snapshot, [snapshot.dots.buffer as ArrayBuffer]),
    fail,
  );
}

/** The page hears of it by the error event of its worker. */
const fail = (error: unknown): void => self.reportError(error);

// The page sends commands before the fleet is there.
const starting = start();
starting.catch(fail);
self.addEventListener('message', ({ data }: MessageEvent<Command>) => {
  void starting.then((driver) => driver.take(data));
});
