export function checkNode(version?: string): void;
export function checkPort(port: number, what: string, variable: string): Promise<void>;
export function findChromium(): Promise<string>;
export function installedChromium(): string | undefined;
export function step<T>(name: string, work: () => Promise<T>): Promise<T>;
