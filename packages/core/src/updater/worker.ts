import { exposeApi } from '../rpc/expose.ts';
import { createUpdaterApi } from './updater-api.ts';

exposeApi(createUpdaterApi());
