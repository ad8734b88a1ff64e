export const FOLDER: string;
export const CLUSTER: string;
export interface ClickHouseNode {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
}
export function isSupported(): boolean;
export function isInstalled(): boolean;
export function startNodes(
  count: number,
): Promise<{ readonly nodes: readonly ClickHouseNode[]; close(): Promise<void> }>;
