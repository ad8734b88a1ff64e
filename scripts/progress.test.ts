import { beforeEach, afterEach, expect, test, vi } from 'vitest';
import { EVERY_MS, progress } from './progress.mjs';
import { step } from './steps.mjs';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
}

test('in a file lines say what is done and for how long, also while nothing happens', () => {
  const file = stream(false);
  const { say, done } = progress('Killing devices', file);
  say('1 of 500');
  say('2 of 500');
  expect(file.written).toEqual(['• Killing devices … 0 s\n']);
  vi.advanceTimersByTime(EVERY_MS);
  expect(file.written.splice(0)).toEqual([
    '• Killing devices … 0 s\n',
    '• Killing devices … 10 s  2 of 500\n',
  ]);
  // A task that hangs is still reported.
  vi.advanceTimersByTime(3 * EVERY_MS);
  const lines = [20, 30, 40].map((s) => `• Killing devices … ${s} s  2 of 500\n`);
  expect(file.written.splice(0)).toEqual(lines);
  done();
  vi.advanceTimersByTime(3 * EVERY_MS);
  expect(file.written).toEqual(['• Killing devices … 40 s\n']);
});

test('on a terminal it is one line that changes', () => {
  const terminal = stream(true);
  const { say, done } = progress('Killing devices', terminal);
  say('1 of 500');
  done();
  const line = '\r\u001b[2K• Killing devices … 0 s';
  expect(terminal.written).toEqual([line, `${line}  1 of 500`, `${line}\n`]);
});

test('a long step in a file says every ten seconds that it goes on', async () => {
  const written: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean(written.push(String(text))));
  const log = vi
    .spyOn(console, 'log')
    .mockImplementation((text: string) => void written.push(`${text}\n`));
  let end = (): void => undefined;
  const ended = step('Compiling', () => new Promise<void>((resolve) => void (end = resolve)));
  vi.advanceTimersByTime(2 * EVERY_MS);
  end();
  await ended;
  vi.advanceTimersByTime(2 * EVERY_MS);
  write.mockRestore();
  log.mockRestore();
  expect(written.join('')).toBe('• Compiling …\n  Compiling: 10 s …\n  Compiling: 20 s … 20.0 s\n');
});
