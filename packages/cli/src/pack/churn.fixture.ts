import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import { layout } from '@perigee/registry';
import { afterAll, beforeAll } from 'vitest';
import { pack } from './pack.ts';
import type { PackedRelease } from './packed-release.ts';
import type { PackOptions } from './pack-options.ts';

/**
 * Models of words and numbers, with the predictions of scikit-learn: fixtures/churn/make-churn.py.
 */
const CHURN = fileURLToPath(new URL('fixtures/churn/', import.meta.url));
export const TRAIN = join(CHURN, 'train.csv');
export const HELD_OUT = join(CHURN, 'held-out.csv');
export const modelFile = (name: string): string => join(CHURN, `${name}.onnx`);

interface Expected {
  readonly rows: readonly (readonly [number, number, string, number])[];
  readonly scale: { readonly mean: number[]; readonly std: number[] };
  readonly words: readonly [string[], string[]];
  readonly score: readonly number[];
  readonly mixed: readonly number[];
  readonly heldOut: { readonly accuracy: number; readonly f1: number };
}
export const expected = JSON.parse(readFileSync(join(CHURN, 'expected.json'), 'utf8')) as Expected;

export const LABELS = { labels: 'stays,leaves' };
export const FEATURES = { op: 'tabular', features: ['age', 'spend', 'country', 'plan'] };
export const SCALED = { op: 'standardize', features: ['age', 'spend'], ...expected.scale };
export const hot = (feature: string) => ({ op: 'one-hot', feature, other: 'zeros' });
/** The pipeline of score.onnx and logit.onnx. Its vocabulary comes from the training rows. */
export const ONE_HOTS = {
  preprocess: [FEATURES, hot('country'), hot('plan'), SCALED],
  postprocess: [],
};

/** Options of pack(). The training rows are used unless `reference` is null. */
export type Given = Partial<Omit<PackOptions, 'model' | 'pipeline' | 'reference'>> & {
  readonly reference?: string | null;
};

interface Place {
  readonly at: (name: string) => string;
  file(name: string, content: unknown): Promise<string>;
  packed(model: string, pipeline: object, options?: Given): Promise<PackedRelease>;
}

/** A temporary folder for all tests of a file. */
export function place(): Place {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perigee-churn-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const file = async (name: string, content: unknown): Promise<string> => {
    await writeFile(at(name), typeof content === 'string' ? content : JSON.stringify(content));
    return at(name);
  };
  return {
    at,
    file,
    async packed(name, pipeline, { reference = TRAIN, ...more } = {}) {
      const files = { model: modelFile(name), pipeline: await file(`${name}.json`, pipeline) };
      const rows = reference === null ? {} : { reference };
      const all = { name, version: '1.0.0', goldenCount: 2, ...files, ...rows, ...more };
      return pack(all, () => undefined);
    },
  };
}

export function referenceOf({ manifest, objects }: PackedRelease): ReferenceProfile {
  return parseReference(objects.get(layout.blob(manifest.reference!.sha256))!);
}
