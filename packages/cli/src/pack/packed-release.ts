import { layout, parseManifest, sha256Hex } from '@perigee/registry';
import type { Manifest, ObjectRef } from '@perigee/registry';
import type { CsvTable } from '../csv/read-csv.ts';
import type { GoldenRow } from './golden/golden-samples.ts';
import type { ColumnUse } from './rows/column-uses.ts';
import type { Calibrated } from './rows/predict-rows.ts';
import type { VariantReport } from './variants/pack-variants.ts';

/** A release before publication: the manifest, and every object by its path in a registry. */
export interface PackedRelease {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly golden: readonly GoldenRow[];
  readonly backend: string;
  /** Bytes of the model that was packed, before conversion. */
  readonly modelBytes: number;
  /** Reports of the variants, in order. Empty if the model was packed unchanged. */
  readonly variants: readonly VariantReport[];
  /** Why variants were left out. */
  readonly dropped: readonly string[];
  /** Sentences about columns and rows of the CSVs that were left out. */
  readonly notes: readonly string[];
  /** Sentences about parts of the release that will not work. */
  readonly warnings: readonly string[];
  /** How the CSV of training rows was read, and how each column is used. */
  readonly csv?: PackedCsv;
  readonly calibration?: Pick<Calibrated['calibration'], 'rows' | 'leftOut' | 'accuracy'>;
}

export interface PackedCsv extends Pick<CsvTable, 'path' | 'delimiter' | 'decimal' | 'encoding'> {
  readonly rows: number;
  readonly columns: readonly ColumnUse[];
}

/** Objects of a release by their path in a registry. */
export type Objects = Map<string, Uint8Array>;

/** Adds a file to the objects and returns the manifest's entry for it. */
export async function addObject(objects: Objects, bytes: Uint8Array): Promise<ObjectRef> {
  const sha256 = await sha256Hex(bytes);
  objects.set(layout.blob(sha256), bytes);
  return { sha256, sizeBytes: bytes.byteLength };
}

/**
 * Encodes a manifest and parses it as devices do.
 * @throws RegistryError for a manifest that devices refuse
 */
export function encodeManifest(draft: Manifest): Pick<PackedRelease, 'manifest' | 'manifestBytes'> {
  const manifestBytes = encodeJson(draft);
  return { manifest: parseManifest(manifestBytes), manifestBytes };
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
