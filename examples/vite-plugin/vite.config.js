import { perigee } from '@perigee/vite';

export default {
  base: '/app/',
  plugins: [
    perigee({ isolation: true, registry: process.env.REGISTRY, serviceWorker: 'src/sw.js' }),
  ],
};
