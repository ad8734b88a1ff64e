export default {
  entry: './src/main.js',
  output: { clean: true },
  devServer: { static: '.', devMiddleware: { publicPath: '/dist/' } },
};
