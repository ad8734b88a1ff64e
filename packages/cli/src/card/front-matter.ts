import { parse, stringify } from 'yaml';
import { CommandError } from '../command.ts';

/** A Markdown file and the YAML between two lines of "---" at its beginning. */
export interface SplitCard {
  /** Empty where there is none. */
  readonly front: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const FRONT = /^\uFEFF?---[ \t]*\r?\n((?:[\s\S]*?\n)?)---[ \t]*(?:\r?\n|$)/;

/** @throws CommandError naming the file when the front matter is no YAML of named fields */
export function splitCard(text: string, path: string): SplitCard {
  const [whole, yaml] = FRONT.exec(text) ?? [];
  if (whole === undefined || yaml === undefined) return { front: {}, body: text };
  const front = parseYaml(yaml, path);
  if (front === null) return { front: {}, body: text.slice(whole.length) };
  if (typeof front !== 'object' || Array.isArray(front)) throw new CommandError(`${path}: the front matter between its lines of "---" has no named fields. Write it as "license: mit", or begin the card with a heading.`);
  return { front: front as Record<string, unknown>, body: text.slice(whole.length) };
}

/** As `splitCard`; what cannot be read is text, because a card that is published already cannot be mended. */
export function splitPublishedCard(text: string): SplitCard {
  try {
    return splitCard(text, 'the card');
  } catch {
    return { front: {}, body: text };
  }
}

export function joinCard({ front, body }: SplitCard): string {
  // Lines are not folded: a hash or a title stays in one piece, for whoever searches the file.
  return `---\n${stringify(front, { lineWidth: 0 })}---\n\n${body}`;
}

function parseYaml(yaml: string, path: string): unknown {
  try {
    return parse(yaml, { logLevel: 'error' });
  } catch (cause) {
    throw new CommandError(`${path}: the front matter is not YAML: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`, { cause });
  }
}
