import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { PerigeeProvider } from '@perigee/react';
import { PerigeeDevtools } from '@perigee/react/devtools';
import { App } from './app.tsx';
import { startOfflineApp } from './offline-app.ts';
import { offline, perigee } from './perigee.ts';
import '../../ui/theme.css';
import './styles/frame.css';
import './styles/draw.css';
import './styles/tabular.css';
import './styles/model.css';
import './styles/delivery.css';

const root = document.getElementById('app');
if (root)
  createRoot(root).render(
    <StrictMode>
      <PerigeeProvider perigee={perigee}>
        <App />
        <PerigeeDevtools offline={offline} />
      </PerigeeProvider>
    </StrictMode>,
  );
startOfflineApp();
