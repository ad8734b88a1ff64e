import type { CollectorOptions } from '@perigee/collector';

export const DEMO_COLLECTOR: CollectorOptions;
