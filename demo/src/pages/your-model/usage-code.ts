import type { Model } from 'perigee';

type Signature = Model['signature'];
type TensorSignature = Signature['inputs'][number];

const ARRAYS = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  float16: 'Uint16Array',
  int64: 'BigInt64Array',
  uint64: 'BigUint64Array',
  int32: 'Int32Array',
  uint32: 'Uint32Array',
  int16: 'Int16Array',
  uint16: 'Uint16Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  bool: 'Uint8Array',
} as const;
const NOTES: Readonly<Record<string, string>> = {
  float16: ' // float16 as bits',
  bool: ' // 0 or 1',
};
/** Words that cannot name a variable, or that the code uses itself. */
const TAKEN = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum ' +
    'export extends false finally for function if import in instanceof interface let ' +
    'loadModel model new null outputs package private protected public return static super ' +
    'switch this throw true try typeof var void while with yield arguments eval implements ' +
    'console'
  ).split(' '),
);

/**
 * TypeScript that loads a model and runs it once, with the names, types and shapes of its inputs.
 * Free dimensions are constants on top; each is 1 until the reader changes it.
 */
export function usageCode(name: string, { inputs, outputs }: Signature): string {
  const sizes = sizeNames(inputs);
  const constants = [...new Set(sizes.values())].map((size) => `const ${size} = 1;\n`);
  const feeds = inputs.map((input) => feedText(input, sizes)).join('');
  const [first] = outputs;
  return (
    `import { loadModel } from 'perigee';\n` +
    (/\.json$/i.test(name) ? `import 'perigee/tfjs';\n` : '') +
    `\nconst model = await loadModel(${quoted(`/models/${name}`)});\n` +
    (constants.length > 0 ? `\n${constants.join('')}` : '\n') +
    `const outputs = await model.run({\n${feeds}});\n` +
    (first ? `console.log(outputs${access(first.name)}?.data);\n` : '')
  );
}

/** Names of constants for the free dimensions; those with one name in the file share a constant. */
function sizeNames(inputs: readonly TensorSignature[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const { name, shape } of inputs) {
    for (const [axis, size] of shape.entries()) {
      const key = keyOf(name, axis, size);
      if (typeof size === 'number' || names.has(key)) continue;
      const made = unused(identifier(size ?? (axis === 0 ? 'batch' : `size${axis}`)), used);
      used.add(made);
      names.set(key, made);
    }
  }
  return names;
}

function keyOf(input: string, axis: number, size: number | string | null): string {
  return typeof size === 'string' ? `named ${size}` : `${axis} of ${input}`;
}

function identifier(text: string): string {
  const letters = text.replaceAll(/[^A-Za-z0-9_$]+/g, '_').replace(/^(?=\d)/, '_');
  return letters === '' || TAKEN.has(letters) ? `${letters}_size` : letters;
}

function unused(name: string, used: ReadonlySet<string>): string {
  let made = name;
  for (let i = 2; used.has(made); i += 1) made = `${name}${i}`;
  return made;
}

function feedText(
  { name, dtype, shape }: TensorSignature,
  sizes: ReadonlyMap<string, string>,
): string {
  const dims = shape.map((size, axis) =>
    typeof size === 'number' ? String(size) : (sizes.get(keyOf(name, axis, size)) ?? '1'),
  );
  const length = dims.join(' * ') || '1';
  const data =
    dtype === 'string'
      ? `Array.from({ length: ${length} }, () => '')`
      : `new ${ARRAYS[dtype]}(${length})`;
  return (
    `  ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)}: {\n` +
    `    dtype: '${dtype}',\n` +
    `    shape: [${dims.join(', ')}],\n` +
    `    data: ${data},${NOTES[dtype] ?? ''}\n` +
    `  },\n`
  );
}

/** Output names come from the file, so TypeScript knows them as an index only. */
function access(name: string): string {
  return `[${quoted(name)}]`;
}

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}
