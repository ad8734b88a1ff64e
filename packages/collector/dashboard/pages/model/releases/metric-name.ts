import type { ComparedMetric } from '../../../../src/api.ts';

const NAMES: Readonly<Record<ComparedMetric['name'], string>> = {
  'failed-sessions': 'Device-hours with a failed session',
  'golden-failures': 'Golden failures',
  'degraded-sessions': 'Degraded sessions',
  latency: 'Latency',
  accuracy: 'Accuracy',
};

export function metricName({ name }: Pick<ComparedMetric, 'name'>): string {
  return NAMES[name];
}
