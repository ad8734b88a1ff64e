interface ThreadScope {
  readonly name?: string;
  onmessage: ((event: MessageEvent) => void) | null;
}

/**
 * Whether this script is a wasm thread of ONNX Runtime, by the name that Emscripten gives threads.
 */
export function isThreadOfRuntime(): boolean {
  const { name } = globalThis as unknown as ThreadScope;
  return typeof name === 'string' && name.startsWith('em-pthread');
}

/**
 * Loads the runtime, which installs its own message handler. Then passes it the messages that
 * arrived meanwhile.
 */
export function startThread(): void {
  const scope = globalThis as unknown as ThreadScope;
  const early: MessageEvent[] = [];
  const keep = (event: MessageEvent): void => void early.push(event);
  scope.onmessage = keep;
  void import('onnxruntime-web/wasm').then(() => {
    for (const event of early) scope.onmessage?.(event);
  });
}
