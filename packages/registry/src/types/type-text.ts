/** A name, its type, and whether it may be left out. */
export type Member = readonly [name: string, type: string, isOptional?: boolean];

const MAX_WIDTH = 100;

/**
 * The text of an object type.
 * @param indent of the line that the type begins in
 */
export function objectType(members: readonly Member[], indent: string): string {
  if (members.length === 0) return '{}';
  const lines = members.map(
    ([name, type, isOptional]) =>
      `${indent}  ${memberName(name)}${isOptional ? '?' : ''}:${spaced(type)};`,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function spaced(type: string): string {
  return type.startsWith('\n') ? type : ` ${type}`;
}

/** The text of a type with these texts as its values. */
export function textsType(texts: readonly string[], indent: string): string {
  const literals = [...new Set(texts)].map((text) => JSON.stringify(text));
  const line = literals.join(' | ');
  if (indent.length + line.length <= MAX_WIDTH) return line;
  return literals.map((literal) => `\n${indent}| ${literal}`).join('');
}

export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
