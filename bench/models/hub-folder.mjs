// The files that transformers.js looks for beside a model, as on the Hugging Face Hub.

const image = {
  'config.json': {
    model_type: 'mobilenet_v2',
    architectures: ['MobileNetV2ForImageClassification'],
    image_size: 224,
    num_channels: 3,
    id2label: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, `class ${i}`])),
  },
  'preprocessor_config.json': {
    image_processor_type: 'MobileNetV2ImageProcessor',
    do_resize: true,
    size: { height: 224, width: 224 },
    resample: 2,
    do_center_crop: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
};

const words = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...Array.from({ length: 995 }, (_, i) => `w${i}`),
];
/** @param {string} token */
const special = (token) => ({
  id: words.indexOf(token),
  content: token,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const text = {
  'config.json': {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: 384,
    num_attention_heads: 12,
    num_hidden_layers: 6,
    intermediate_size: 1536,
    vocab_size: 1000,
    max_position_embeddings: 512,
  },
  'tokenizer_config.json': {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 512,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  },
  'tokenizer.json': {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: words.slice(0, 5).map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  },
};

/**
 * Content by file name, for the models that have a peer there.
 * @type {Readonly<Record<string, Readonly<Record<string, object>>>>}
 */
export const HUB_FILES = { mobilenet: image, minilm: text };
