// node scripts/docs/in-theme.mjs: writes docs/pictures/overview-light.svg and overview-dark.svg.
// A picture in README.md cannot follow the theme of the site that shows it: <picture> chooses
// a file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../steps.mjs';

const DARK = / *@media \(prefers-color-scheme: dark\) \{\n([^@]*?)\n {4}\}\n/;

/**
 * A picture with the colours of one theme, of one that has both.
 * @param {string} svg
 * @param {'light' | 'dark'} theme
 */
export function inTheme(svg, theme) {
  if (!DARK.test(svg)) throw new Error('The picture has no colours for the dark theme.');
  return svg
    .replace(DARK, (_, rules) => (theme === 'dark' ? `${rules}\n` : ''))
    .replace('color-scheme: light dark', `color-scheme: ${theme}`);
}

/** @param {'light' | 'dark'} theme */
export const pictureOf = (theme) => join(ROOT, 'docs', 'pictures', `overview-${theme}.svg`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const svg = readFileSync(join(ROOT, 'docs', 'pictures', 'overview.svg'), 'utf8');
  for (const theme of /** @type {const} */ (['light', 'dark']))
    writeFileSync(pictureOf(theme), inTheme(svg, theme));
}
