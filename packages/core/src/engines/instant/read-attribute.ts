import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { floats, integers } from '../onnx/read-numbers.ts';
import { utf8 } from './read-values.ts';
import { readTensor } from './read-tensor.ts';

const { fields, message, text } = wire;

/** Integers beyond 2^53 are rounded here; `GraphNode.whole` has them exactly. */
export type Attribute = number | string | readonly number[] | readonly string[] | Tensor;

interface NamedAttribute {
  readonly name: string;
  readonly value: Attribute;
  readonly whole?: readonly bigint[];
}

/** AttributeProto.AttributeType. */
const TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

/**
 * Reads an AttributeProto: name 1, f 2, i 3, s 4, t 5, floats 7, ints 8, strings 9, type 20. proto3
 * serializers leave out a value of 0, 0.0 or "", which the type then shows. Graphs are not read,
 * because no operator here has one.
 * @throws PerigeeError UNSUPPORTED_OPERATOR for a type of attribute that no operator here has
 */
export function readAttribute(bytes: Uint8Array, attribute: WireField): NamedAttribute {
  let [name, type] = ['', 0];
  let value: Attribute | undefined;
  let whole: bigint[] | undefined;
  const numbers: number[] = [];
  const strings: string[] = [];
  for (const field of fields(bytes, attribute.start, attribute.end)) {
    if (field.number === 1) name = text(bytes, field);
    else if (field.number === 2) [value] = floats(bytes, field);
    else if (field.number === 3) {
      const [first = 0n] = integers(bytes, field, BigInt);
      whole = [first];
      value = Number(first);
    } else if (field.number === 4) value = utf8(bytes, field);
    else if (field.number === 5) value = readTensor(bytes, message(field)).tensor;
    else if (field.number === 7) floats(bytes, field, numbers);
    else if (field.number === 8) whole = integers(bytes, field, BigInt, whole);
    else if (field.number === 9) strings.push(utf8(bytes, field));
    else if (field.number === 20) type = field.value;
  }
  if (value !== undefined) return { name, value, ...(whole && { whole }) };
  if (strings.length > 0 || type === TYPE.strings) return { name, value: strings };
  if (whole || type === TYPE.ints)
    return { name, value: (whole ?? []).map(Number), whole: whole ?? [] };
  if (numbers.length > 0 || type === TYPE.floats) return { name, value: numbers };
  if (type === TYPE.int) return { name, value: 0, whole: [0n] };
  if (type === TYPE.float) return { name, value: 0 };
  if (type === TYPE.string) return { name, value: '' };
  throw new PerigeeError(
    'UNSUPPORTED_OPERATOR',
    `The instant engine does not read the attribute "${name}", which is of type ${type}. Use ` +
      'backend "wasm".',
    { details: { backend: 'cpu' } },
  );
}
