import { expect, test } from 'vitest';
import { parseChannelFile } from '../index.ts';

const file = (change: object = {}): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      schema: 'perigee-channels/1',
      model: 'digits',
      sequence: 3,
      channels: { stable: { version: '1.0.0', later: true } },
      rollout: {},
      ...change,
    }),
  );

test('a channel file is read, fields of later versions are ignored', () => {
  expect(parseChannelFile(file())).toEqual({
    schema: 'perigee-channels/1',
    model: 'digits',
    sequence: 3,
    channels: { stable: { version: '1.0.0' } },
  });
});

test.each([
  [
    'a version that is none',
    { channels: { stable: { version: 'newest' } } },
    'channels.stable.version: expected a semantic version',
  ],
  [
    'a channel no reference can name',
    { channels: { '../stable': { version: '1.0.0' } } },
    'channels.../stable: expected a channel name',
  ],
  ['a sequence that does not count', { sequence: 0 }, 'sequence: expected a whole number from 1'],
  ['channels as a list', { channels: [] }, 'channels: expected an object, got []'],
  [
    'too many channels',
    {
      channels: Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [`c${i}`, { version: '1.0.0' }]),
      ),
    },
    'channels: expected at most 256 entries',
  ],
  ['another model name than any', { model: 'DIGITS' }, 'model: expected a model name'],
])('a channel file with %s is refused with its path', (_what, change, message) => {
  expect(() => parseChannelFile(file(change))).toThrow(message);
});
