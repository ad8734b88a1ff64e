export const ROOT: string;
export const TFJS_WASM: string;
export function buildDashboard(): Promise<void>;
export function checkNode(version?: string): void;
export function checkPort(port: number, what: string, variable: string): Promise<void>;
export function emit(options?: {
  readonly allowFailure?: boolean;
}): Promise<{ readonly code: number | null; readonly output: string }>;
export function findChromium(): Promise<string>;
export function installedChromium(): string | undefined;
export function step<T>(name: string, work: () => Promise<T>): Promise<T>;
