import { PerigeeError, loadModel } from 'perigee';
import type { LoadModelOptions, Model, ModelSource, PredictInput, Tensor, Tensors } from 'perigee';
import type { Case, Choice, Refusal, Row, Want, Wants } from './case.ts';

type Side = 'inputs' | 'outputs';

/** Access to the files of the cases: the address and the bytes of each file. */
export interface Place {
  urlOf(file: string): string;
  read(file: string): Promise<Uint8Array<ArrayBuffer>>;
}

const LACKING: Refusal = {
  code: ['UNSUPPORTED_MODEL', 'UNSUPPORTED_OPERATOR', 'INFERENCE_FAILED'],
  words: [],
};

function lackedBy({ lacking }: Case, backend: Choice): boolean {
  return lacking !== undefined && lacking === backend;
}

function refusedRow({ what, call, input }: Row): Row {
  return { what, call, input, refused: LACKING };
}

/** Two at a time, because a load mostly waits. */
const TOGETHER = 2;

/** Checks cases on a backend. Returns a line for each fault. */
export async function checkCases(
  cases: readonly Case[],
  backend: Choice,
  place: Place,
): Promise<string[]> {
  const queue = [...cases];
  const faults: string[] = [];
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift())
      faults.push(...(await checkCase(one, backend, place)));
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return faults;
}

async function checkCase(one: Case, backend: Choice, place: Place): Promise<string[]> {
  const tell = (fault: string): string => `${one.what} (${backend ?? 'default'}): ${fault}`;
  let model: Model;
  try {
    model = await loadModel(await sourceOf(one, place), optionsOf(backend));
  } catch (error) {
    return [loadFault(error, one, backend)].filter((fault) => fault !== null).map(tell);
  }
  try {
    if (one.refused) return [tell('it was loaded, and an error is right')];
    const faults = [signatureFault(model, one), engineFault(model, one, backend)];
    const rows = (one.rows ?? []).filter(({ unseenBy }) => !unseenBy || unseenBy !== backend);
    for (const row of lackedBy(one, backend) ? rows.map(refusedRow) : rows)
      faults.push(await rowFault(model, row));
    return faults.filter((fault) => fault !== null).map(tell);
  } finally {
    await model.dispose();
  }
}

/** One thread on wasm, because more threads only take longer to start. */
function optionsOf(backend: Choice): LoadModelOptions {
  return backend ? { backend, ...(backend === 'wasm' && { threads: 1 }) } : {};
}

async function sourceOf({ file, files, change }: Case, place: Place): Promise<ModelSource> {
  if (change) return new Map([[file, change(await place.read(file)) as Uint8Array<ArrayBuffer>]]);
  if (!files) return place.urlOf(file);
  const list = Object.entries(files).map(
    async ([name, path]) => [name, await place.read(path)] as const,
  );
  return new Map(await Promise.all(list));
}

function loadFault(error: unknown, one: Case, backend: Choice): string | null {
  const { refused, elsewhere } = one;
  if (backend === 'cpu' && elsewhere) {
    const code = ['UNSUPPORTED_MODEL', 'UNSUPPORTED_OPERATOR'] as const;
    return refusalFault(error, { code, words: ['Use backend "wasm"'] });
  }
  if (lackedBy(one, backend)) return refusalFault(error, LACKING);
  return refused ? refusalFault(error, refused) : `it was not loaded: ${String(error)}`;
}

function refusalFault(error: unknown, { code, words }: Refusal): string | null {
  if (!(error instanceof PerigeeError)) return `the error is no PerigeeError: ${String(error)}`;
  const told = `${error.code}: ${error.message}`;
  if (![code].flat().includes(error.code))
    return `${[code].flat().join(' or ')} is right, got ${told}`;
  const missing = words.filter((word) => !error.message.includes(word));
  return missing.length > 0 ? `the message lacks "${missing.join('", "')}": ${told}` : null;
}

function signatureFault({ signature }: Model, { inputs, outputs }: Case): string | null {
  const wanted: Partial<Record<Side, Case['inputs']>> = { inputs, outputs };
  for (const side of ['inputs', 'outputs'] as const) {
    const fits = wanted[side]?.every((facts, index) =>
      Object.entries(facts).every(([key, value]) => {
        const found = signature[side][index]?.[key as keyof Model['signature']['inputs'][number]];
        return JSON.stringify(found) === JSON.stringify(value);
      }),
    );
    if (fits === false) return `${side} are ${JSON.stringify(signature[side])}`;
  }
  return null;
}

/** By default, and with `cpu`, the instant engine must run each model that it can read. */
function engineFault({ engine }: Model, { elsewhere }: Case, backend: Choice): string | null {
  const right = elsewhere || (backend ?? 'cpu') !== 'cpu' ? 'onnx' : 'instant';
  return engine === right ? null : `it runs on the engine ${engine}`;
}

async function rowFault(model: Model, row: Row): Promise<string | null> {
  const { backend } = model;
  const fault = await answerFault(model, row);
  if (fault !== null) return `${row.what}: ${fault}`;
  // A wrong input is no fault of the backend.
  return row.refused && model.backend !== backend ? `${row.what}: moved from ${backend}` : null;
}

async function answerFault(
  model: Model,
  { call, input, gives, refused }: Row,
): Promise<string | null> {
  let outputs: Tensors;
  try {
    outputs =
      call === 'run'
        ? await model.run(input() as Tensors)
        : (await model.predict(input() as PredictInput)).outputs;
  } catch (error) {
    return refused ? refusalFault(error, refused) : String(error);
  }
  if (refused) return `it gave ${show(Object.values(outputs)[0])}, and an error is right`;
  return outputsFault(outputs, gives ?? {});
}

function outputsFault(outputs: Tensors, wants: Wants): string | null {
  for (const [name, want] of Object.entries(wants)) {
    const got = Object.hasOwn(outputs, name) ? (outputs[name] as unknown) : undefined;
    const [list, wanted] = [[got].flat() as Tensor[], [want].flat() as Want[]];
    const isRight =
      Array.isArray(got) === Array.isArray(want) &&
      list.length === wanted.length &&
      wanted.every((one, index) => isSame(list[index], one));
    if (!isRight)
      return (
        `"${name}" is ${list.map(show).join(' and ')}; right is ` +
        `${wanted.map(show).join(' and ')}`
      );
  }
  return null;
}

function isSame(got: Tensor | undefined, { dtype, shape, data, every = 1 }: Want): boolean {
  if (got?.dtype !== dtype || got.shape.join() !== shape.join()) return false;
  const values = Array.from(got.data as ArrayLike<unknown>).filter(
    (_, index) => index % every === 0,
  );
  if (values.length !== data.length) return false;
  const largest = Math.max(
    1e-6,
    ...data.map((value) => Math.abs(Number(value))).filter(Number.isFinite),
  );
  return data.every((value, index) => {
    const is = values[index];
    if (Object.is(is, value) || is === value) return true;
    const isFloat = typeof value === 'number' && dtype.startsWith('float') && dtype !== 'float16';
    return isFloat && Math.abs((is as number) - value) <= 1e-5 * largest;
  });
}

function show(tensor: Want | Tensor | undefined): string {
  if (!tensor) return 'missing';
  const values = Array.from(tensor.data as ArrayLike<unknown>).slice(0, 8);
  return `${tensor.dtype} [${tensor.shape.join(', ')}] ${values.map(String).join(', ')}`;
}
