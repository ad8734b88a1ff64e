import type { Manifest, OnnxModel, Signature, Variant } from '@perigee/registry';
import { DEFAULT_TOLERANCE } from './golden/golden-samples.ts';
import { packGolden } from './golden/pack-golden.ts';
import type { CheckedGolden } from './golden/pack-golden.ts';
import { checkOptions } from './pack-options.ts';
import type { PackOptions } from './pack-options.ts';
import { addObject, encodeJson, encodeManifest } from './packed-release.ts';
import type { Objects, PackedRelease } from './packed-release.ts';
import { forget, readModel } from './read-files.ts';
import { readInputs } from './read-inputs.ts';
import type { PackInputs } from './read-inputs.ts';
import { makeReference } from './reference/make-reference.ts';
import { checkAnswers, rehearse } from './rehearse.ts';
import { labelOutputOf } from './variants/measure-loss.ts';
import { packVariants } from './variants/pack-variants.ts';
import type { PackedVariants, VariantReport } from './variants/pack-variants.ts';

/**
 * Packs an ONNX file into a release. It runs the model here and loads the release once as a device
 * would. Packing fails if the model does not reproduce its golden samples, or if the pipeline does
 * not fit the model.
 * @param progress is called with the current step, in words
 * @throws CommandError, RegistryError, PerigeeError
 * @example
 * ```ts
 * const options = { model: 'digits.onnx', name: 'digits', version: '1.0.0' };
 * const release = await pack(options, console.log);
 * ```
 */
export async function pack(
  options: PackOptions,
  progress: (text: string) => void,
): Promise<PackedRelease> {
  checkOptions(options);
  progress('reading the model');
  const inputs = await readInputs(options);
  const { model, pipeline, labels, description } = inputs;
  const golden = await packGolden(inputs, options, progress);
  const signature = signatureOf(model.onnx, golden.signature);

  progress('cutting the files');
  const labelOutput = labelOutputOf(pipeline, signature);
  const source = await readModel(options.model);
  const cut = await packVariants(source, golden.samples, labelOutput, options, progress);
  forget(source.files);
  const objects: Objects = new Map(cut.objects);
  const draft = await draftManifest({ options, inputs, signature, golden, cut, objects });

  progress('loading it as a device would');
  const rehearsal = (manifest: Manifest) => ({ ...encodeManifest(manifest), objects });
  for (const other of otherVariantsFirst(draft))
    await rehearse(rehearsal(other), (loaded) => checkAnswers(loaded, pipeline, labels));
  const reference = await rehearse(rehearsal(draft), async (loaded) => {
    await checkAnswers(loaded, pipeline, labels);
    return makeReference(loaded, inputs, signature, progress);
  });

  const { card, governance } = description;
  return {
    ...encodeManifest({
      ...draft,
      ...(reference.bytes && { reference: await addObject(objects, reference.bytes) }),
      ...(card && { card: await addObject(objects, card.bytes) }),
      ...(governance && { governance }),
    }),
    objects,
    golden: golden.rows,
    backend: golden.backend,
    modelBytes: model.sizeBytes,
    variants: cut.reports,
    dropped: cut.dropped,
    notes: [...inputs.notes, ...reference.notes],
    warnings: inputs.warnings,
    ...(inputs.training && { csv: inputs.training.csv }),
    ...(reference.calibration && { calibration: reference.calibration }),
  };
}

interface DraftParts {
  readonly options: PackOptions;
  readonly inputs: PackInputs;
  readonly signature: Signature;
  readonly golden: CheckedGolden;
  readonly cut: PackedVariants;
  readonly objects: Objects;
}

/** The manifest without reference, card and governance, which need a model that loads. */
async function draftManifest({
  options: { name, version, description, segments },
  inputs,
  signature,
  golden,
  cut,
  objects,
}: DraftParts): Promise<Manifest> {
  const { license } = inputs.description;
  const { pipeline, labels } = inputs;
  return {
    schema: 'perigee-model/1',
    name,
    version,
    ...(description !== undefined && { description }),
    ...(license !== undefined && { license }),
    signature,
    ...(pipeline && { pipeline }),
    ...(labels && { labels }),
    ...(segments && { segments }),
    variants: cut.variants.map((variant) => withLoss(variant, cut.reports)),
    golden: {
      ...(await addObject(objects, encodeJson(golden.samples))),
      tolerance: { ...DEFAULT_TOLERANCE, ...cut.tolerances },
    },
  };
}

/** The manifest once for each variant but the first, with that variant first. */
function otherVariantsFirst(manifest: Manifest): Manifest[] {
  const { variants } = manifest;
  return variants.slice(1).map((first) => ({
    ...manifest,
    variants: [first, ...variants.filter((variant) => variant !== first)],
  }));
}

/**
 * The signature of the file. Outputs that are not tensors appear as the tensors that the SDK
 * returns for them.
 */
function signatureOf({ inputs, outputs, otherOutputs }: OnnxModel, opened: Signature): Signature {
  const inFile = (name: string) => outputs.find((one) => one.name === name);
  return {
    inputs,
    outputs:
      otherOutputs.length === 0 ? outputs : opened.outputs.map((one) => inFile(one.name) ?? one),
  };
}

function withLoss(variant: Variant, reports: readonly VariantReport[]): Variant {
  const loss = reports.find(({ id }) => id === variant.id)?.loss;
  return loss
    ? {
        ...variant,
        loss: {
          maxError: loss.maxError,
          meanError: loss.meanError,
          ...(loss.labelAgreement !== null && { labelsKept: loss.labelAgreement }),
        },
      }
    : variant;
}
