/** Where devices upload. Pages of any origin may do so, without the admin key. */
export const UPLOADS_PATH = '/v1/profiles';
