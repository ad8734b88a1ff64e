import type { SliceQuery } from '../../api.ts';

/**
 * Parameters of the reading routes: the model in the path, the slice and the window in the query.
 */
export interface ModelRequest {
  Params: { readonly name: string };
  Querystring: SliceQuery & {
    readonly against?: string;
    readonly by?: string;
    readonly champion?: string;
    readonly challenger?: string;
  };
}

const text = { type: 'string', maxLength: 128 } as const;

export const modelSchema = {
  params: { type: 'object', properties: { name: text } },
  querystring: {
    type: 'object',
    properties: {
      version: text,
      backend: text,
      browser: text,
      segment: text,
      from: text,
      to: text,
      against: text,
      by: { type: 'string', enum: ['segment', 'backend', 'browser'] },
      champion: text,
      challenger: text,
    },
  },
} as const;
