import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';

/** Shorter names contain no phrase of the runtime. Neither do names without a space. */
const MIN_PHRASE = 'Out of memory'.length;
/** Maximum depth of nested graphs that are walked. */
const MAX_DEPTH = 8;

/** Numbers of a message's fields in onnx.proto3 that are names, or that contain further names. */
interface Message {
  readonly names: readonly number[];
  readonly parts: Readonly<Record<number, Message>>;
}

const VALUE: Message = { names: [1], parts: {} };
const TENSOR: Message = { names: [8], parts: {} };
const GRAPH: Message = graphMessage(MAX_DEPTH);
const MODEL: Message = { names: [], parts: { 7: GRAPH } };

function graphMessage(depth: number): Message {
  const inner = depth > 0 ? graphMessage(depth - 1) : VALUE;
  const attribute: Message = { names: [1], parts: { 6: inner, 11: inner } };
  const node: Message = { names: [1, 2, 3], parts: { 5: attribute } };
  return { names: [2], parts: { 1: node, 5: TENSOR, 11: VALUE, 12: VALUE, 13: VALUE } };
}

/**
 * Removes the name of the failed node from a message of a run. The name may contain any text, even
 * the text around it, so the longest match is removed.
 */
export function withoutQuotes(message: string): string {
  return message.replace(/Name:'.*' Status Message: /s, "Name:'…' Status Message: ");
}

/** Removes the names of a model that may contain a phrase of the runtime from a load's message. */
export function withoutNames(message: string, model: Uint8Array): string {
  const names = new Set<string>();
  try {
    collect(model, { start: 0, end: model.byteLength }, MODEL, names);
  } catch {
    // The file is damaged. Use the names that come before the damage.
  }
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  return withoutQuotes(longestFirst.reduce((text, name) => text.replaceAll(name, '…'), message));
}

function collect(
  bytes: Uint8Array,
  { start, end }: Pick<WireField, 'start' | 'end'>,
  { names, parts }: Message,
  found: Set<string>,
): void {
  for (const field of wire.fields(bytes, start, end)) {
    const part = parts[field.number];
    if (field.type !== 2) continue;
    if (part) collect(bytes, field, part, found);
    if (!names.includes(field.number)) continue;
    const name = new TextDecoder().decode(bytes.subarray(field.start, field.end));
    if (name.length >= MIN_PHRASE && /\s/.test(name)) found.add(name);
  }
}
