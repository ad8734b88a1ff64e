import { serveApp } from 'perigee/service-worker';

serveApp(self.__WB_MANIFEST);
