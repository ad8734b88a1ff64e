// Vite before 8 moves dependencies in development, away from the files that they name.
export default { optimizeDeps: { exclude: ['perigee'] } };
