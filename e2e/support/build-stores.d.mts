export function buildStores(out: string): Promise<void>;
