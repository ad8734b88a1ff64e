import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../.vitepress/repository.mjs';
import { readPages } from './pages.ts';

const MOST = 100;
/** Rows of tables, and words without a space, cannot be broken. */
const UNBREAKABLE = /^\||^.{0,20}\S{80,}$/;
const PAGES = readPages().map(({ file }) => file);
/** Architecture and the bench have tables and figures for people who know the code. */
const FOR_USERS = PAGES.filter((file) => /^(README\.md|docs\/.*)$/.test(file));

test(`no line of text or code is longer than ${MOST} characters`, () => {
  const faults = FOR_USERS.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, i) =>
        line.length <= MOST || UNBREAKABLE.test(line) || isOneLink(line)
          ? []
          : [`${file}:${i + 1}`],
      ),
  );
  expect(faults).toEqual([]);
  expect(FOR_USERS.length).toBeGreaterThan(50);
});

/** A picture or a link is one piece for editors that break lines. */
function isOneLink(line: string): boolean {
  return line.startsWith('![') || line.replaceAll(/\]\([^)]*\)/g, ']').length <= MOST;
}

/** Sentences in which a reader got lost, by a part of each. */
const HARD = [
  'and it is versioned, signed',
  'without any wasm',
  'opened on the first of',
  'a bare file starts like',
  'asked for by name is kept to',
  'are run together along a free first dimension',
  'the others stay where they are',
  'cannot be sent twice: such a call rejects',
  'whoever can change the one can change the other',
  'adds devices and takes none away',
  'names an older model: nothing is replayed',
  'two starts in a row without a word',
  'A host that drips',
  'signs anew what the keys at hand can',
  'for another root and keep nothing of the old one',
  'are not a thousand witnesses',
  'tests from how much the groups differ',
  'less what it would be by chance, passes a threshold that means something',
  'ever gets there, as far as sessions are independent',
  'the two halves bound what one device can do',
  'how long until people hear again',
  'One that outlives it is told then',
  'never not at all',
  'Read it as an attacker would',
  'would outweigh all the sums a thousand times',
  'negative ones are taken for none',
  'equal rows fall together when they are read',
  'A bin with a weight and no reference share is data that is lacking',
];

test('no page has a sentence that was found too hard to read', () => {
  const found = PAGES.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\s+/g, ' ');
    return HARD.filter((part) => text.includes(part)).map((part) => `${file}: ${part}`);
  });
  expect(found).toEqual([]);
});
