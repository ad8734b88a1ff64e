import type { RuleName } from '../finding.ts';

const ROLL_BACK = '`perigee rollback` puts the channel back to the version before';

/** The first step that the person who reads an alert should take, for each rule. */
export const WHAT_TO_DO: Readonly<Record<RuleName, string>> = {
  'feature-drift':
    'Compare the feature with its reference in the dashboard. If its source changed, fix the ' +
    'source; if the inputs changed for good, train a new version.',
  'prediction-drift':
    'See in the dashboard which features drift too. If none does, check the labels by hand ' +
    'before you trust the predictions.',
  'missing-values': 'Check the source of the feature: devices send it without a value.',
  'new-category': 'Check the source of the feature, or train a version that knows the new words.',
  'out-of-range': 'Check the source and the unit of the feature.',
  'error-rate': `Read the error codes in the dashboard. ${ROLL_BACK}.`,
  'golden-failures':
    'Devices on which they fail do not run the version. Stop its rollout, and find the backend ' +
    'that computes wrong numbers.',
  latency: `Compare backends in the dashboard. ${ROLL_BACK}.`,
  'fallback-rate':
    'See in the dashboard which backend sessions leave, and test the version on that backend.',
  accuracy: `Check that the labels are right. If they are: ${ROLL_BACK}.`,
  'estimated-accuracy':
    'Label a sample of recent inputs to measure the accuracy; see which features drift.',
  'regression-error': `Check that the labels are right. If they are: ${ROLL_BACK}.`,
  'sample-ratio':
    'Do not trust comparisons of the two versions until you know which devices are missing.',
  'schema-mismatch': 'Publish the build that the devices run, or replace it on the devices.',
  silence: 'Check that the app still loads the model, and that its devices reach the collector.',
  'cannot-judge':
    'Remove the fault that the alert names. Until then these rules report no problem.',
};
