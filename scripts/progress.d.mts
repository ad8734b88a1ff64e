interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export declare const EVERY_MS: number;
export declare function progress(
  title: string,
  stream?: Stream,
): { say(text: string): void; done(): void };
