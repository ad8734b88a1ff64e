import type { AlertView } from '../../src/api.ts';

/**
 * Names the model, version and segment of an alert. A fault of the collector may be about every model or version.
 */
export function alertAbout({
  model,
  version,
  segment,
}: Pick<AlertView, 'model' | 'version' | 'segment'>): string {
  if (model === '') return 'All models';
  const versions = version === '' ? `${model}, all versions` : `${model} ${version}`;
  return segment === '' ? versions : `${versions}, segment ${segment}`;
}
