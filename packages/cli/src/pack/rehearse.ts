import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordFeatures } from '@perigee/registry';
import type { Pipeline } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { Model } from 'perigee';
import { CommandError } from '../command.ts';
import { temporaryKeys } from '../keys/keys.ts';
import { messageOf } from '../message-of.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease } from '../publish/release-folder.ts';
import type { Objects, PackedRelease } from './packed-release.ts';
import { forget, readBytes } from './read-files.ts';

/**
 * Loads a release as a device would. The release is published to a temporary registry. Then it is
 * fetched and verified, its pipeline is compiled, and its golden samples run. A release that fails
 * on a device for one of these reasons fails here, too.
 *
 * The published objects are on the disk meanwhile, and so is the store of the device: an open model
 * takes several times the memory of its file.
 * @throws PerigeeError, CommandError
 */
export async function rehearse<T>(
  release: Pick<PackedRelease, 'manifest' | 'manifestBytes'> & { readonly objects: Objects },
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-rehearsal-'));
  const registry = join(folder, 'registry');
  const perigee = createPerigee({ registry, store: { folder: join(folder, 'device') } });
  try {
    const { name, version } = release.manifest;
    const publisher = { to: registry, keys: await temporaryKeys() };
    await initRegistry(publisher);
    const held = heldRelease(release);
    await publish(held, publisher, null);
    const published = held.objects.flatMap(({ path }) => release.objects.get(path) ?? []);
    for (const { path } of held.objects) release.objects.delete(path);
    forgetLarge(published);
    const result = await use(await perigee.load(`${name}@${version}`, { telemetry: false }));
    await perigee.dispose();
    for (const { path } of held.objects)
      release.objects.set(path, await readBytes(join(registry, path)));
    return result;
  } finally {
    await perigee.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Small bytes may share the buffer that Node keeps for them. */
const LARGE_BYTES = 64 * 1024;

/** Frees the objects that have a buffer of their own. */
function forgetLarge(objects: readonly Uint8Array[]): void {
  const large = objects.filter(
    ({ buffer, byteLength }) => byteLength >= LARGE_BYTES && byteLength === buffer.byteLength,
  );
  forget(new Map(large.map((bytes, i) => [String(i), bytes])));
}

/**
 * Makes one prediction through the pipeline, so that a size, a layout or a list of labels that does
 * not fit the model is found while packing.
 * @throws CommandError
 */
export async function checkAnswers(
  model: Model,
  pipeline: Pipeline | undefined,
  labels: readonly string[] | undefined,
): Promise<void> {
  const [first] = pipeline?.preprocess ?? [];
  if (!pipeline || !first) return;
  // A grey image with a darker square, so that "trim" finds content.
  const pixels = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) =>
    i % 4 === 3 || (i >> 2) % 64 < 20 ? 255 : 90,
  );
  const words = wordFeatures(pipeline, model.signature.inputs);
  const oneOf = (feature: string) => (words.has(feature) ? (words.get(feature)?.[0] ?? 'word') : 1);
  const input =
    first.op === 'tabular' ? first.features.map(oneOf) : { width: 64, height: 64, data: pixels };
  const { outputs } = await model.predict(input).catch((cause: unknown) => {
    throw new CommandError(`The pipeline does not fit the model: ${messageOf(cause)}`, { cause });
  });
  const hasTopK = pipeline.postprocess.some(({ op }) => op === 'top-k');
  if (!labels || !hasTopK) return;
  const name =
    pipeline.postprocess.find(({ tensor }) => tensor !== undefined)?.tensor ??
    model.signature.outputs[0]?.name ??
    '';
  const scores = outputs[name]?.data.length;
  if (scores !== labels.length)
    throw new CommandError(
      `There are ${labels.length} labels (${labels.slice(0, 5).join(', ')}), but output "${name}" ` +
        `has ${scores ?? 'no'} scores. --labels needs one label for each score, in their order.`,
    );
}
