/**
 * The name in `exports` and `imports` of every package.json that leads to TypeScript instead of
 * the compiled file. tsconfig.base.json and tsconfig.check.json have it too.
 */
export const SOURCE_CONDITION = '@perigee/source';
