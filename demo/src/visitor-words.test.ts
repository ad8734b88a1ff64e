import { PerigeeError } from 'perigee';
import { expect, test } from 'vitest';
import { faultOf } from './visitor-words.ts';

test('a fault of the SDK is a sentence, and its report is kept without host and long digests', () => {
  const digest = 'abcdef01'.repeat(8);
  const fault = faultOf(
    new PerigeeError('NETWORK', `http://127.0.0.1:4600/registry/blobs/${digest} is away.`),
  );
  expect(fault.words).not.toMatch(/NETWORK|http|blobs/);
  expect(fault.detail).toBe('NETWORK: /registry/blobs/abcdef01… is away.');
  expect(fault).toMatchObject({ code: 'NETWORK', mayRetry: true });
});

test('an error that is not of the SDK, and a code without words, have words too', () => {
  expect(faultOf(new TypeError('x is not a function'))).toEqual({
    words: 'Something went wrong.',
    detail: 'x is not a function',
    mayRetry: true,
  });
  expect(faultOf(new PerigeeError('DISPOSED', 'gone')).words).toBe('Something went wrong.');
});

test.each([
  'Failed to fetch dynamically imported module: https://demo.example/assets/a.js',
  'error loading dynamically imported module: https://demo.example/assets/a.js',
  'Importing a module script failed.',
])('a part of the page that is not there is a matter of the network: %s', (message) => {
  const { words, detail } = faultOf(new TypeError(message));
  expect(words).toContain('Check the network');
  expect(detail).not.toContain('demo.example');
});
