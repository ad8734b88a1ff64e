/** The data that a chart shows. Names its files. */
export interface Subject {
  readonly model: string;
  /** Undefined: all versions. */
  readonly version?: string | undefined;
  /** Other filters, for example `webgpu`. */
  readonly filters?: readonly string[];
  /** ISO 8601. */
  readonly from: string;
  /** Undefined: up to now. */
  readonly to?: string | undefined;
}

/** For example `digits-1.0.0-drift-over-time-20261129T08Z-20261130T09Z.csv`. */
export function fileName(
  { model, version, filters = [], from, to = new Date().toISOString() }: Subject,
  chart: string,
  extension: string,
): string {
  const parts = [model, version ?? '', ...filters, chart].map(slug).filter((part) => part !== '');
  return `${[...parts, hourOf(from), hourOf(to)].join('-')}.${extension}`;
}

/** Letters, digits, dots and dashes: other characters mean something to some file system. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}.]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
}

/** The hour, or the minute if it is within an hour. */
function hourOf(iso: string): string {
  const [day = '', time = ''] = new Date(iso).toISOString().split('T');
  const [hour = '', minute = ''] = time.split(':');
  return `${day.replaceAll('-', '')}T${hour}${minute === '00' ? '' : minute}Z`;
}
