/** The part of selenium-webdriver that drivers/webkit.mjs uses. The package has no types. */
declare module 'selenium-webdriver' {
  export interface Driver {
    manage(): { setTimeouts(timeouts: { readonly script: number }): Promise<void> };
    getCapabilities(): Promise<{ get(name: string): unknown }>;
    get(url: string): Promise<void>;
    getWindowHandle(): Promise<string>;
    switchTo(): {
      window(handle: string): Promise<void>;
      newWindow(kind: 'tab' | 'window'): Promise<void>;
    };
    executeAsyncScript(source: string): Promise<{ value?: unknown; error?: string }>;
    close(): Promise<void>;
    quit(): Promise<void>;
  }

  export class Builder {
    usingServer(url: string): this;
    withCapabilities(capabilities: object): this;
    build(): Promise<Driver>;
  }
}
