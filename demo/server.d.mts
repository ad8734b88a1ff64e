export interface DemoOptions {
  readonly port?: number;
  readonly host?: string;
  readonly dist?: string;
  readonly registry?: string;
  readonly collectorUrl?: string;
}
export function startDemo(
  options?: DemoOptions,
): Promise<{ readonly url: string; close(): Promise<void> }>;
