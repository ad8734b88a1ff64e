declare const BUILD: string;

export const build = `extra ${BUILD}`;
