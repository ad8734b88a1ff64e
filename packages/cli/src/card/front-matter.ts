import { parse, stringify } from 'yaml';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';

/** A Markdown file, split into its front matter (YAML between two lines of "---") and its body. */
export interface SplitCard {
  /** Empty without front matter. */
  readonly front: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const FRONT = /^\uFEFF?---[ \t]*\r?\n((?:[\s\S]*?\n)?)---[ \t]*(?:\r?\n|$)/;

/**
 * Splits a card.
 * @throws CommandError naming the file when the front matter is not YAML with named fields
 */
export function splitCard(text: string, path: string): SplitCard {
  const [whole, yaml] = FRONT.exec(text) ?? [];
  if (whole === undefined || yaml === undefined) return { front: {}, body: text };
  const front = parseYaml(yaml, path);
  if (front === null) return { front: {}, body: text.slice(whole.length) };
  if (typeof front !== 'object' || Array.isArray(front))
    throw new CommandError(
      `${path}: the front matter between its lines of "---" has no named fields. Write it as ` +
        '"license: mit", or begin the card with a heading.',
    );
  return { front: front as Record<string, unknown>, body: text.slice(whole.length) };
}

/**
 * Like `splitCard()`, but treats invalid front matter as text, because a published card can no
 * longer be fixed.
 */
export function splitPublishedCard(text: string): SplitCard {
  try {
    return splitCard(text, 'the card');
  } catch {
    return { front: {}, body: text };
  }
}

export function joinCard({ front, body }: SplitCard): string {
  // Do not fold lines: a hash or a title stays searchable in one piece.
  return `---\n${stringify(front, { lineWidth: 0 })}---\n\n${body}`;
}

function parseYaml(yaml: string, path: string): unknown {
  try {
    return parse(yaml, { logLevel: 'error' });
  } catch (cause) {
    throw new CommandError(
      `${path}: the front matter is not YAML: ${messageOf(cause).split('\n')[0]}`,
      { cause },
    );
  }
}
