import { expect } from '@playwright/test';
import type { ConsoleMessage, Page } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';
import axe from 'axe-core';

/**
 * A device asks for the root after the newest one until there is none (TUF, 5.3.3), so this 404 is
 * no fault.
 */
const NEXT_ROOT = /\/metadata\/\d+\.root\.json$/;

const OPTIONS: RunOptions = {
  resultTypes: ['violations'],
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};

/** The addresses of all pages, from the navigation of the site. */
export async function addressesOf(page: Page): Promise<readonly string[]> {
  const links = page.getByRole('navigation', { name: 'Pages', includeHidden: true }).locator('a');
  await expect(links.first()).toBeAttached();
  return links.evaluateAll((all) =>
    all.map((link) => link.getAttribute('href') ?? '').filter((href) => href.startsWith('#')),
  );
}

/** The rules of axe that look at colours: all that another theme can break. */
export const COLOR_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * Violations of axe on the page as it is, one line each.
 * @param rules default: all
 */
export async function violationsOf(
  page: Page,
  rules?: readonly string[],
): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis);
  if (!isThere) await page.evaluate(axe.source);
  return page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as { axe: { run(o: RunOptions): Promise<AxeResults> } };
    const { violations } = await axe.run(options);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}. ${failureSummary}`,
      ),
    );
  }, optionsOf(rules));
}

function optionsOf(rules: readonly string[] | undefined): RunOptions {
  return rules ? { ...OPTIONS, runOnly: { type: 'rule', values: [...rules] } } : OPTIONS;
}

/** Errors of the console and uncaught ones, from now on. */
export function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error' && !NEXT_ROOT.test(message.location().url))
      errors.push(`${message.text()} ${message.location().url}`);
  });
  return errors;
}

/** Adds up the layout shifts that no input of the visitor explains. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts = { sum: 0, of: [] as string[] };
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        readonly value: number;
        readonly hadRecentInput: boolean;
        readonly sources: readonly { readonly node?: Node | null }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        shifts.sum += entry.value;
        for (const { node } of entry.sources)
          shifts.of.push(node instanceof Element ? node.outerHTML.slice(0, 80) : 'text');
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

export interface Shifts {
  readonly sum: number;
  /** The beginnings of the elements that moved. */
  readonly of: readonly string[];
}

export function shiftsOf(page: Page): Promise<Shifts> {
  return page.evaluate(() => (globalThis as unknown as { shifts: Shifts }).shifts);
}
