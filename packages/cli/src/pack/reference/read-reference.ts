import { parseReference } from '@perigee/profile';
import { wordFeatures } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import { readBytes, withFileName } from '../read-files.ts';
import { watchedFeatures } from '../rows/feature-columns.ts';
import type { RowFormat } from '../rows/training-rows.ts';

/**
 * Reads a reference profile. Devices count by index, so its features and labels must be in the
 * model's order. Otherwise counts would be compared with the wrong feature.
 * @throws CommandError naming the file, when the profile does not fit the model
 */
export async function readReference(
  path: string,
  { pipeline, labels, inputs }: RowFormat,
): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  const profile = withFileName(path, () => parseReference(bytes));
  const watched = watchedFeatures(pipeline);
  const names = profile.features.map(({ name }) => name);
  if (watched && names.join() !== watched.join())
    throw new CommandError(
      `${path} has the features ${names.join(', ')}; the pipeline watches ` +
        `${watched.join(', ')}, in this order.`,
    );
  const words = pipeline && wordFeatures(pipeline, inputs);
  const isOther = ({ name, kind }: (typeof profile.features)[number]): boolean =>
    (kind === 'categorical') !== (words?.has(name) ?? false);
  const other = words && profile.features.find(isOther);
  if (other) {
    const [has, takes] =
      other.kind === 'numeric' ? ['numbers', 'words'] : ['categories', 'numbers'];
    throw new CommandError(
      `${path} has ${has} for "${other.name}"; the pipeline takes ${takes} for it.`,
    );
  }
  if (profile.output && labels && profile.output.labels.join() !== labels.join())
    throw new CommandError(
      `${path} has the labels ${profile.output.labels.join(', ')}; the model's are ` +
        `${labels.join(', ')}.`,
    );
  return bytes;
}
