import { expect } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { openLab, visitLab } from './lab.ts';
import type { OpenLab } from './lab.ts';
import { smallVersions } from './small-versions.ts';
import type { SmallVersions } from './small-versions.ts';

/** Visits of a page that loads the small model `wdbc` by name. */

type Perigee = ReturnType<typeof globalThis.lab.createPerigee>;
export type Model = Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
export type Kept = { kept: { perigee: Perigee; model: Model; heard: string[] } };
type Config = Parameters<typeof globalThis.lab.createPerigee>[0];
type Options = Parameters<Perigee['load']>[1];

/** Loads the model and makes one prediction. Both are kept for later calls. */
export function answer(page: Page, options: Options = {}, config: Config = {}) {
  return page.evaluate(
    async ([given, more]) => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/', ...more });
      const heard: string[] = [];
      perigee.on('updateready', ({ version }) => heard.push(version));
      const model = await perigee.load('wdbc', { update: 'local', ...given });
      Object.assign(globalThis, { kept: { perigee, model, heard } });
      const { output } = await model.predict(Array.from({ length: 30 }, (_, i) => i));
      const { version, inPlace } = model;
      return { version, inPlace, output };
    },
    [options, config] as const,
  );
}

/** As `answer`, in a new page of the same browser. */
export async function visit(lab: OpenLab, options: Options = {}, config: Config = {}) {
  await visitLab(lab.page, lab.host);
  return answer(lab.page, options, config);
}

export const dispose = (page: Page): Promise<void> =>
  page.evaluate(() => (globalThis as unknown as Kept).kept.perigee.dispose());

/** A browser that has the first version. Plain JavaScript is asked for, so no other is tried. */
export async function openVisited(
  browser: Browser,
  folder: string,
): Promise<{ lab: OpenLab; registry: SmallVersions; first: Awaited<ReturnType<typeof answer>> }> {
  const registry = await smallVersions(folder);
  const lab = await openLab(browser, { registry: registry.folder });
  const first = await answer(lab.page, { backend: 'cpu' });
  expect(first).toMatchObject({ version: '1.0.0', inPlace: false });
  await dispose(lab.page);
  return { lab, registry, first };
}
