/** What the reading routes have in common: the model in the path, version and window in the query. */
export interface ModelRequest {
  Params: { readonly name: string };
  Querystring: { readonly version?: string; readonly from?: string; readonly to?: string };
}

const text = { type: 'string', maxLength: 128 } as const;

export const modelSchema = {
  params: { type: 'object', properties: { name: text } },
  querystring: { type: 'object', properties: { version: text, from: text, to: text } },
} as const;
