import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startOfflineApp } from './offline-app.ts';
import '../../ui/theme.css';
import './styles/frame.css';

const root = document.getElementById('app');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
startOfflineApp();
