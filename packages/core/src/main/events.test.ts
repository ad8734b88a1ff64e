import { afterEach, expect, test, vi } from 'vitest';
import { createEmitter } from './events.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Emits to a listener that throws and to one that does not. Returns what the second one heard. */
function emitToBroken(): readonly number[] {
  const heard: number[] = [];
  const emitter = createEmitter<{ readonly count: number }>('count');
  emitter.on('count', () => {
    throw new Error('The listener is broken.');
  });
  emitter.on('count', (count) => heard.push(count));
  emitter.emit('count', 1);
  return heard;
}

test('on a page, the error of a listener goes to reportError()', async () => {
  const reportError = vi.fn<(error: unknown) => void>();
  vi.stubGlobal('document', {});
  vi.stubGlobal('reportError', reportError);
  expect(emitToBroken()).toEqual([1]);
  await expect
    .poll(() => reportError)
    .toHaveBeenCalledExactlyOnceWith(new Error('The listener is broken.'));
});

test('on a page without reportError(), the error is thrown in a task of its own', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('document', {});
  // Node has no reportError().
  expect(emitToBroken()).toEqual([1]);
  await expect(vi.runAllTimersAsync()).rejects.toThrow('The listener is broken.');
});

test('without a page, the error of a listener goes to the console', async () => {
  const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
  expect(emitToBroken()).toEqual([1]);
  await expect
    .poll(() => console)
    .toHaveBeenCalledExactlyOnceWith(new Error('The listener is broken.'));
});
