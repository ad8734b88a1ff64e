import type { Shift } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { fractionOf, partOf, percentText } from './numbers.ts';

/** Up to this share of the reference, what lies beyond a limit is beyond almost all of it. */
const ALMOST_NONE = 0.06;

/** From this share on, what is missing at the other end says more. */
const MANY = 0.5;

/** The values as the subject of a sentence, and what they are when they moved. */
interface Vocabulary {
  readonly values: string;
  readonly verb: 'are' | 'is';
  readonly up: string;
  readonly down: string;
  /** The name of a part of the values, if it has its own. */
  readonly part?: { readonly noun?: string; readonly up: string; readonly down: string };
}

const pictures = (up: string, down: string): Vocabulary => ({
  values: 'Pictures',
  verb: 'are',
  up,
  down,
});

/** The statistics of pictures that the SDK computes. */
const PICTURES: Readonly<Record<string, Vocabulary>> = {
  brightness: pictures('brighter', 'darker'),
  contrast: pictures('richer in contrast', 'poorer in contrast'),
  edges: pictures('more detailed', 'less detailed'),
  centerX: pictures('centred further right', 'centred further left'),
  centerY: pictures('centred further down', 'centred further up'),
};

const SCORES: Vocabulary = {
  values: 'The model',
  verb: 'is',
  up: 'surer of its answers',
  down: 'less sure of its answers',
  part: { noun: 'scores', up: 'higher', down: 'lower' },
};

/** Drift of an input. */
export function featureDriftWords({ subject, facts }: Finding): string {
  const picture = facts?.isOfPictures === true ? PICTURES[subject] : undefined;
  const words = picture ?? {
    values: `Values of ${subject}`,
    verb: 'are',
    up: 'higher',
    down: 'lower',
  };
  const { shift } = facts ?? {};
  if (!shift) return `${words.values} are not like those in training.`;
  return shift.kind === 'category'
    ? categoryWords(`${subject} is`, shift)
    : movedWords(words, shift);
}

/** Drift of the predicted labels, of their scores, or of the predicted numbers. */
export function predictionDriftWords({ subject, facts }: Finding): string {
  const { shift } = facts ?? {};
  if (!shift) return `The answers of the model (${subject}) are not like those in training.`;
  if (shift.kind === 'category') return categoryWords('The model answers', shift);
  return movedWords(
    subject === 'top score'
      ? SCORES
      : { values: 'Predicted values', verb: 'are', up: 'higher', down: 'lower' },
    shift,
  );
}

function categoryWords(
  begin: string,
  { word, share, usual }: Extract<Shift, { readonly kind: 'category' }>,
): string {
  return (
    `${begin} “${word}” more often than in training: in ${percentText(share)} of the cases ` +
    `instead of ${percentText(usual)}.`
  );
}

function movedWords(
  { values, verb, up, down, part = { up, down } }: Vocabulary,
  { kind, share, usual }: Exclude<Shift, { readonly kind: 'category' }>,
): string {
  const { words: some, isPlural } =
    part.noun === undefined ? fractionOf(share) : partOf(share, part.noun);
  const lie = isPlural ? 'lie' : 'lies';
  const most = usual <= ALMOST_NONE ? 'almost all' : percentText(1 - usual);
  switch (kind) {
    case 'wider':
      return (
        `${values} ${verb} more extreme than in training: ${some} ${lie} beyond ${most} of ` +
        'the training set.'
      );
    case 'narrower':
      return (
        `${values} ${verb} less varied than in training: ${some} ${lie} where ` +
        `${percentText(usual)} of the training set is.`
      );
    default:
      return (
        `${values} ${verb} ${kind === 'up' ? up : down} than in training: ` +
        (usual > MANY
          ? `only ${percentText(1 - share)} lie where the ${kind === 'up' ? 'lower' : 'upper'} ` +
            `${percentText(1 - usual)} of the training set is.`
          : `${some} ${isPlural ? 'are' : 'is'} ${part[kind]} than ${most} of the training set.`)
      );
  }
}
