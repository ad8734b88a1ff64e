import type { AlertView } from '../../src/api.ts';

/**
 * What an alert is about, in words. A fault of the collector may be about every model or version.
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
