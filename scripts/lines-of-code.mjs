// Counts the lines of a text that have a word outside of comments. Lines with nothing but brackets
// are left out: the formatter adds them, and they make nothing harder to read.

const COMMENT = /^\s*(\/\/|\/\*|\*)/;

/** @param {string} text */
export function linesOfCode(text) {
  return text.split('\n').filter((line) => /\w/.test(line) && !COMMENT.test(line)).length;
}
