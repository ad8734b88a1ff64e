import { createCounters } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { createTelemetryQueue } from './queue.ts';
import { recordProfile } from './record.ts';
import { NOW_HOUR, startCollector } from './telemetry.fixture.ts';

/** The counts of a worker since its last write: one session, and one prediction or error. */
function counted(key: Partial<ProfileKey> = {}, failed = false): Profile {
  const counters = createCounters(null);
  counters.observeSession();
  if (failed) counters.observeError('TIMEOUT');
  else counters.observePrediction();
  return counters.snapshot({
    model: 'digits',
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 3,
    hour: NOW_HOUR,
    ...key,
  });
}

const countsOf = (profiles: readonly Profile[]): number[] => [
  profiles.reduce((sum, { devices }) => sum + devices, 0),
  profiles.reduce((sum, { failedDevices }) => sum + failedDevices, 0),
];

test('an hour of a version is one device-hour and at most one failed one, however often a device uploads', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const queue = createTelemetryQueue(store, collector);
  for (let i = 0; i < 44; i += 1) {
    await recordProfile(store, counted({ backend: i % 2 ? 'webgpu' : 'wasm' }, i > 20));
    await queue.flush({ force: true });
  }
  const profiles = collector.received.flatMap((batch) => batch.profiles);
  expect(profiles).toHaveLength(44);
  expect(countsOf(profiles)).toEqual([1, 1]);
  expect(profiles[0]).toMatchObject({ devices: 1, failedDevices: 0 });
  expect(profiles.findIndex(({ failedDevices }) => failedDevices === 1)).toBe(21);
});

test('another hour and another version are device-hours of their own, also when they come late', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const queue = createTelemetryQueue(store, collector);
  const keys = [{}, { hour: NOW_HOUR - 1 }, { version: '1.1.0' }, {}, { hour: NOW_HOUR - 1 }];
  for (const key of keys) {
    await recordProfile(store, counted(key));
    await queue.flush({ force: true });
  }
  expect(
    collector.received.flatMap((batch) => batch.profiles).map(({ devices }) => devices),
  ).toEqual([1, 1, 1, 0, 0]);
});

test('workers and tabs that write at the same moment are one device-hour', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const parts = Array.from({ length: 20 }, (_, i) =>
    counted({ backend: ['wasm', 'webgpu'][i % 2]! }, i % 3 === 0),
  );
  await Promise.all(parts.map((part) => recordProfile(store, part)));
  await createTelemetryQueue(store, collector).flush({ force: true });
  expect(countsOf(collector.received.flatMap((batch) => batch.profiles))).toEqual([1, 1]);
});

test('records of past hours are deleted', async () => {
  const store = createMemoryStore();
  for (let back = 100; back >= 0; back -= 1)
    await recordProfile(store, counted({ hour: NOW_HOUR - back }));
  expect((await store.listValues('telemetry:hour:')).length).toBeLessThan(60);
});
