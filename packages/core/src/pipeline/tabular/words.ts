/** Makes numbers of a word: so many, written into a row from a place on, where there are zeros. */
export interface WordEncoder {
  readonly width: number;
  write(word: string, row: Float64Array, at: number): void;
}

/** The word's place in the vocabulary; `other` for a word that is not there. */
export function indexOfWord(words: readonly string[], other: number): WordEncoder {
  const places = placesOf(words);
  return {
    width: 1,
    write(word, row, at) {
      row[at] = places.get(word) ?? other;
    },
  };
}

/** 1 at the word's place. An unknown word has the last place, or with `hasOther` off none. */
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

/** A Map, because words may be names of what every object has. */
function placesOf(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map(words.map((word, place) => [word, place]));
}
