export default {
  source: { entry: { index: './src/main.js' } },
  // Otherwise the development server reloads the page at the first use of each part.
  dev: { lazyCompilation: false },
};
