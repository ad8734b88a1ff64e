/** The writer of a value. Another process or page can tell later whether the writer still lives. */
export type Owner =
  /** Name of a Web Lock that a worker of the page holds as long as it lives. */
  { readonly lock: string } | { readonly host: string; readonly pid: number };
