import { readGovernance, reader } from '@perigee/registry';
import type { Dataset, Governance, Metric } from '@perigee/registry';

/** Type of the registry's reader, which the registry does not export. */
type Reader = ReturnType<typeof reader>;

/** Fields of a card's front matter that a manifest also has. */
export interface HubFields {
  readonly license?: string;
  readonly governance?: Governance;
}

const MAX_ENTRIES = 1_024;

/**
 * Converts fields of the Hugging Face Hub (https://huggingface.co/docs/hub/model-cards) to those of
 * a manifest: `license`, `base_model`, `datasets`, and the results of `model-index`. On the Hub,
 * `metrics` are names without values. A manifest has no field for `language` and `tags`. All of
 * these stay in the card, which is published whole.
 * @throws RegistryError INVALID_MANIFEST with the path of the fault
 */
export function readHubFields(front: Readonly<Record<string, unknown>>): HubFields {
  const root = reader(front);
  const license = root.optional('license', (field) => field.text(256));
  const named =
    license === 'other' ? root.optional('license_name', (field) => field.text(256)) : undefined;
  const baseModel = root.optional('base_model', (field) => texts(field).join(', '));
  const datasets: Dataset[] | undefined = root.optional('datasets', (field) =>
    texts(field).map((name) => ({ name })),
  );
  const metrics = root.optional('model-index', (field) => field.list(MAX_ENTRIES, results).flat());
  const governance = {
    ...(baseModel !== undefined && { baseModel }),
    ...(datasets && { datasets }),
    ...(metrics && metrics.length > 0 && { metrics }),
  };
  return {
    ...(license !== undefined && { license: named ?? license }),
    // Read it again to check the limits of a manifest.
    ...(Object.keys(governance).length > 0 && { governance: readGovernance(reader(governance)) }),
  };
}

/** Reads a text or a list of texts. */
function texts(field: Reader): string[] {
  return Array.isArray(field.value)
    ? field.list(MAX_ENTRIES, (item) => item.text(256))
    : [field.text(256)];
}

function results(model: Reader): Metric[] {
  return model
    .field('results')
    .list(MAX_ENTRIES, (result) => {
      const dataset = result.optional(
        'dataset',
        (field) =>
          field.optional('name', (name) => name.text(256)) ??
          field.optional('type', (type) => type.text(256)),
      );
      return result.field('metrics').list(MAX_ENTRIES, (item) => ({
        name: item.field('type').text(64),
        value: item.field('value').number(),
        ...(dataset !== undefined && { dataset }),
      }));
    })
    .flat();
}
