import { expect, test } from 'vitest';
import { fetchAhead } from './fetch-ahead.ts';

/** A host of metadata that notes what is asked for, and answers when told. */
function hostOf(files: Readonly<Record<string, object>>) {
  const asked: string[] = [];
  const answers = new Map<string, () => void>();
  return {
    asked,
    fetch: (file: string) =>
      new Promise<Uint8Array | undefined>((resolve) => {
        asked.push(file);
        const found = files[file];
        const bytes = found && new TextEncoder().encode(JSON.stringify({ signed: found }));
        answers.set(file, () => resolve(bytes));
      }),
    async answer(file: string) {
      answers.get(file)?.();
      // The handlers of the answer have run after a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

const listing = (...names: readonly string[]) => ({
  meta: Object.fromEntries(names.map((name) => [name, { version: 7, length: 900 }])),
});

test('files are asked for as soon as the file that lists them has arrived', async () => {
  const host = hostOf({
    '1.root.json': {},
    'timestamp.json': listing('snapshot.json', 'evil.json'),
    '7.snapshot.json': listing('targets.json', 'channels.json', '../../other'),
  });
  const fetch = fetchAhead(host.fetch, true);
  const root = fetch('1.root.json', 1_000);
  expect(host.asked).toEqual(['2.root.json', 'timestamp.json', '1.root.json']);
  await host.answer('timestamp.json');
  await host.answer('7.snapshot.json');
  const all = [...host.asked];
  expect(all.slice(3)).toEqual(['7.snapshot.json', '7.targets.json', '7.channels.json']);
  for (const file of host.asked) await host.answer(file);
  await root;
  // In their turn the files are there, and none is asked for again.
  expect(await fetch('2.root.json', 1_000)).toBeUndefined();
  for (const file of ['timestamp.json', '7.snapshot.json']) await fetch(file, 1_000);
  expect(host.asked).toEqual(all);
});

test('a timestamp that came before a newer root is asked for again', async () => {
  const host = hostOf({ '2.root.json': {}, 'timestamp.json': {} });
  const fetch = fetchAhead(host.fetch, true);
  const root = fetch('2.root.json', 1_000);
  await host.answer('timestamp.json');
  await host.answer('2.root.json');
  await root;
  void fetch('timestamp.json', 1_000);
  expect(host.asked).toEqual(['timestamp.json', '2.root.json', 'timestamp.json']);
});

test('files that an old timestamp lists are not asked for once a newer root has arrived', async () => {
  const host = hostOf({ '2.root.json': {}, 'timestamp.json': listing('snapshot.json') });
  const fetch = fetchAhead(host.fetch, true);
  const root = fetch('2.root.json', 1_000);
  await host.answer('2.root.json');
  await root;
  await host.answer('timestamp.json');
  expect(host.asked).toEqual(['timestamp.json', '2.root.json']);
});

test('a file that is larger than may be fetched ahead is fetched in its turn', async () => {
  const MB = 1024 * 1024;
  const meta = { 'targets.json': { version: 7, length: 6 * MB } };
  const host = hostOf({ 'timestamp.json': listing('snapshot.json'), '7.snapshot.json': { meta } });
  const fetch = fetchAhead(host.fetch, true);
  void fetch('2.root.json', 1_000);
  await host.answer('timestamp.json');
  await host.answer('7.snapshot.json');
  expect(host.asked).not.toContain('7.targets.json');
  void fetch('7.targets.json', 6 * MB);
  expect(host.asked.at(-1)).toBe('7.targets.json');
});

test('a device that has metadata asks only for the timestamp early', async () => {
  const host = hostOf({ 'timestamp.json': listing('snapshot.json') });
  const fetch = fetchAhead(host.fetch, false);
  void fetch('5.root.json', 1_000);
  await host.answer('timestamp.json');
  expect(host.asked).toEqual(['timestamp.json', '5.root.json']);
});
