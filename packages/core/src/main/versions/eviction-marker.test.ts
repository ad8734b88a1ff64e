import { expect, onTestFinished, test, vi } from 'vitest';
import { markStored } from './eviction-marker.ts';

test('the mark is written in a window, and nothing is touched outside of one', () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
  const setItem = vi.fn<(key: string, value: string) => void>();
  let touched = 0;
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get() {
      touched += 1;
      return { setItem };
    },
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
    if (own) Object.defineProperty(globalThis, 'localStorage', own);
    else Reflect.deleteProperty(globalThis, 'localStorage');
  });
  markStored();
  expect(touched).toBe(0);
  vi.stubGlobal('window', globalThis);
  markStored();
  expect(touched).toBe(1);
  expect(setItem).toHaveBeenCalledWith('perigee:stored', '1');
});
