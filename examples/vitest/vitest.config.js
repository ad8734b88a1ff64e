// Vitest would otherwise take the configuration of a folder above.
export default {};
