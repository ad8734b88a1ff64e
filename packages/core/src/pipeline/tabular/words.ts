/** Encodes a word as `width` numbers, written into a row of zeros from index `at` on. */
export interface WordEncoder {
  readonly width: number;
  write(word: string, row: Float64Array, at: number): void;
}

/** Encodes a word as its index in the vocabulary, and an unknown word as `other`. */
export function indexOfWord(words: readonly string[], other: number): WordEncoder {
  const places = placesOf(words);
  return {
    width: 1,
    write(word, row, at) {
      row[at] = places.get(word) ?? other;
    },
  };
}

/**
 * One-hot encoding: 1 at the word's index. An unknown word has an extra last slot with `hasOther`,
 * and only zeros without.
 */
export function oneHot(words: readonly string[], hasOther: boolean): WordEncoder {
  const places = placesOf(words);
  return {
    width: words.length + (hasOther ? 1 : 0),
    write(word, row, at) {
      const place = places.get(word) ?? (hasOther ? words.length : -1);
      if (place >= 0) row[at + place] = 1;
    },
  };
}

/** Word → index. It is a Map, because objects have properties such as "constructor". */
function placesOf(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map(words.map((word, place) => [word, place]));
}
