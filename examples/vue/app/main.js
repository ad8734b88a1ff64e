import { PerigeePlugin } from '@perigee/vue';
import { createPerigee } from 'perigee';
import { createApp } from 'vue';
import App from './app.vue';

const perigee = createPerigee({ registry: '/registry/' });
createApp(App).use(PerigeePlugin, { perigee }).mount('#app');
