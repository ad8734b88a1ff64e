import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inTheme, pictureOf } from '../../scripts/docs/in-theme.mjs';
import { ROOT } from '../.vitepress/repository.mjs';

const file = (name: string): string => join(ROOT, 'docs', 'pictures', name);

test.each(['light', 'dark'] as const)(
  'the %s picture of README.md is that of the docs',
  (theme) => {
    const svg = readFileSync(file('overview.svg'), 'utf8');
    expect(readFileSync(pictureOf(theme), 'utf8')).toBe(inTheme(svg, theme));
  },
);

test('README.md has pictures for both themes, and small ones of the demo', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  for (const [dark, light] of [
    ['overview-dark.svg', 'overview-light.svg'],
    ['demo-dark.png', 'demo-light.png'],
  ]) {
    expect(readme).toContain(
      `<source media="(prefers-color-scheme: dark)" srcset="docs/pictures/${dark}">`,
    );
    expect(readme).toContain(`src="docs/pictures/${light}"`);
  }
  // scripts/docs/screenshots.mjs takes them again.
  for (const name of ['demo-light.png', 'demo-dark.png'])
    expect([name, statSync(file(name)).size < 150_000]).toEqual([name, true]);
});
