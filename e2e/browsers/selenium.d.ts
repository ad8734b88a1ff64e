/** The part of selenium-webdriver that drivers.mjs uses. The package has no types of its own. */
declare module 'selenium-webdriver' {
  interface Driver {
    manage(): { setTimeouts(timeouts: { readonly script: number }): Promise<void> };
    getCapabilities(): Promise<{ get(name: string): unknown }>;
    get(url: string): Promise<void>;
    executeAsyncScript(source: string): Promise<{ value?: unknown; error?: string }>;
    quit(): Promise<void>;
  }

  export class Builder {
    usingServer(url: string): this;
    withCapabilities(capabilities: object): this;
    build(): Promise<Driver>;
  }
}
