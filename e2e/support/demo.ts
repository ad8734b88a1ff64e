import { startCollector } from '@perigee/collector';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_COLLECTOR } from '../../demo/collector-options.mjs';
import { startDemo } from '../../demo/server.mjs';
import { DIGITS, REGISTRY } from './paths.ts';

export interface OpenDemo {
  readonly url: string;
  readonly collectorUrl: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Every URL that the browser requested since the last `forget()`. */
  readonly requests: readonly string[];
  forget(): void;
  stopCollector(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the built demo and a real collector with an empty store, on free ports, in a browser
 * context of its own.
 * @param path the page: the one to draw on by default
 */
export async function openDemo(browser: Browser, path = '#/draw'): Promise<OpenDemo> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-collector-'));
  const collector = await startCollector({
    port: 0,
    dataDir,
    registry: REGISTRY,
    ...DEMO_COLLECTOR,
  });
  const demo = await startDemo({
    port: 0,
    dist: fileURLToPath(new URL('../../demo/dist', import.meta.url)),
    registry: REGISTRY,
    collectorUrl: collector.url,
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  let requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  await page.goto(demo.url + path);
  let collecting = true;
  const stopCollector = async (): Promise<void> => {
    if (collecting) await collector.close();
    collecting = false;
  };
  return {
    url: demo.url,
    collectorUrl: collector.url,
    context,
    page,
    get requests() {
      return requests;
    },
    forget() {
      requests = [];
    },
    stopCollector,
    async close() {
      await context.close();
      await demo.close();
      await stopCollector();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Drawing {
  readonly digit: number;
  readonly style: string;
  readonly strokes: readonly (readonly (readonly [number, number])[])[];
}

export async function drawings(): Promise<readonly Drawing[]> {
  return JSON.parse(await readFile(DIGITS.strokes, 'utf8')) as Drawing[];
}

/** Points of a stroke that the mouse goes through. At each point the page paints and predicts. */
const POINTS_OF_A_STROKE = 12;

/** Up to `count` evenly spaced points of a stroke, with its first and last point. */
function thinned<T>(points: readonly T[], count: number): readonly T[] {
  if (points.length <= count) return points;
  const step = (points.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, i) => points[Math.round(i * step)]!);
}

/** Draws with the mouse on the pad, which has coordinates of 280 × 280. */
export async function draw(page: Page, { strokes }: Drawing): Promise<void> {
  const box = await page.getByTestId('draw-canvas').boundingBox();
  if (!box) throw new Error('the drawing pad is not on the page');
  const at = ([x, y]: readonly [number, number]): [number, number] => [
    box.x + (x / 280) * box.width,
    box.y + (y / 280) * box.height,
  ];
  for (const stroke of strokes) {
    const [first, ...rest] = thinned(stroke, POINTS_OF_A_STROKE);
    await page.mouse.move(...at(first!));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point));
    await page.mouse.up();
  }
}

/**
 * The number of predictions that the collector counted for a model, over all versions and backends.
 */
export async function counted(collectorUrl: string, model: string): Promise<number> {
  const answer = (await (await fetch(new URL('v1/models', collectorUrl))).json()) as {
    models: { name: string; versions: { predictions: number }[] }[];
  };
  return (
    answer.models
      .find(({ name }) => name === model)
      ?.versions.reduce((sum, { predictions }) => sum + predictions, 0) ?? 0
  );
}
