/** The path of uploads. Pages of any origin may upload, without the admin key. */
export const UPLOADS_PATH = '/v1/profiles';
