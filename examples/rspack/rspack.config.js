export default {
  entry: './src/main.js',
  output: { clean: true },
  // Otherwise the development server reloads the page at the first use of each part.
  lazyCompilation: false,
  devServer: { static: '.', devMiddleware: { publicPath: '/dist/' } },
};
