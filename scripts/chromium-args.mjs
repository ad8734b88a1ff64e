/** The sandbox needs a user other than root. The other flags keep Chromium from calling home. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/**
 * The pop-ups under the address bar. Chromium loads their pages for every window, headless or not:
 * half a second of CPU each. No page can notice them.
 */
const POPUPS = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/** Spares the pop-ups in a Chromium that gets no `--disable-features` from its driver. */
export const WITHOUT_POPUPS = `--disable-features=${POPUPS.join(',')}`;

/** Features that Playwright turns off. Of two `--disable-features` Chromium obeys the last. */
export const PLAYWRIGHTS_DISABLED = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'msForceBrowserSignIn',
  'msEdgeUpdateLaunchServicesPreferredVersion',
];

/** Spares the pop-ups in a Chromium that Playwright launches. */
export const WITHOUT_POPUPS_IN_PLAYWRIGHT = `--disable-features=${[
  ...PLAYWRIGHTS_DISABLED,
  ...POPUPS,
].join(',')}`;
