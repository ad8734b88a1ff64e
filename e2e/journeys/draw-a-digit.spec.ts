import { expect, test } from '@playwright/test';
import { draw, drawings, openDemo } from '../support/demo.ts';

test('a person draws each digit with the mouse and reads the answer', async ({ browser }) => {
  const demo = await openDemo(browser);
  const all = await drawings();
  const answer = demo.page.getByTestId('answer');
  await expect(demo.page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  for (let digit = 0; digit <= 9; digit += 1) {
    const drawing = all.find((one) => one.digit === digit)!;
    await demo.page.getByRole('button', { name: /clear/i }).click();
    await draw(demo.page, drawing);
    await expect(answer, `a ${digit}, ${drawing.style}`).toContainText(String(digit));
  }
  await demo.close();
});

test('the page is never blocked for more than 50 ms while predictions are made', async ({ browser }) => {
  const demo = await openDemo(browser);
  const [drawing] = await drawings();
  await draw(demo.page, drawing!);
  await expect(demo.page.getByTestId('answer')).toContainText(/\d/);
  await browser.startTracing(demo.page, { categories: ['disabled-by-default-devtools.timeline', '__metadata'] });
  for (const one of (await drawings()).slice(0, 5)) await draw(demo.page, one);
  await expect(demo.page.getByTestId('answer')).toContainText(/\d/);
  const tasks = mainThreadTasksMs(await browser.stopTracing());
  expect(tasks.length).toBeGreaterThan(100);
  expect(Math.max(...tasks)).toBeLessThan(50);
  await demo.close();
});

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the thread's own CPU time: what other programs of the machine take does not count. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** CPU time of every task of the pages' main threads. */
function mainThreadTasksMs(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
  const mains = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents.filter(({ name, pid, tid, tdur }) => name === 'RunTask' && tdur !== undefined && mains.has(`${pid} ${tid}`)).map(({ tdur = 0 }) => tdur / 1_000);
}
