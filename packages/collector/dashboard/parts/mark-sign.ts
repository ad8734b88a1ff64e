import type { Mark } from '../../src/api-alerts.ts';

/** A sign for each kind of mark, so that colour is not needed to tell them apart. */
export const MARK_SIGN: Readonly<Record<Mark['kind'], string>> = {
  released: '▲',
  rollout: '△',
  'rolled-back': '▼',
  revoked: '✕',
  'alert-opened': '!',
  'alert-resolved': '✓',
  'rules-changed': '≠',
};

/** CSS colours, the same on the page and in exported files. */
export const MARK_COLOR: Readonly<Record<Mark['kind'], string>> = {
  released: 'var(--accent)',
  rollout: 'var(--accent)',
  'rolled-back': 'var(--bad)',
  revoked: 'var(--bad)',
  'alert-opened': 'var(--warn)',
  'alert-resolved': 'var(--good)',
  'rules-changed': 'var(--muted)',
};

export const MARK_WORD: Readonly<Record<Mark['kind'], string>> = {
  released: 'released',
  rollout: 'rollout',
  'rolled-back': 'rolled back',
  revoked: 'revoked',
  'alert-opened': 'alert opened',
  'alert-resolved': 'alert resolved',
  'rules-changed': 'rules changed',
};
