import { expect, test } from 'vitest';
import { textTag } from './svg-markup.ts';

test('a name is text, without characters that XML refuses', () => {
  expect(textTag('<b> & "c"', { x: 1.234 })).toBe(
    '<text x="1.23">&lt;b&gt; &amp; &quot;c&quot;</text>',
  );
  expect(textTag('a\0b\u001bc\ud800d\uffff😀\t', {})).toBe(
    '<text>a\ufffdb\ufffdc\ufffdd\ufffd😀\t</text>',
  );
});
