import { describe, expect, it, test } from 'vitest';
import { MODELS } from '../../graph/zoo/index.ts';
import { configured } from '../../graph/zoo/settings.ts';
import { authoredSize } from './zoo-size.ts';

/*
 * Parameters, and multiply-adds of the forward graph per sample, exactly: derived by hand in the comment, or summed by
 * independent programs. What papers print, mostly rounded, is compared below.
 */
const SIZES: readonly (readonly [name: string, parameters: number, macs: number])[] = [
  // Convolutions at 55², 27² and three times 13² positions: 55²·96·363 + 27²·256·1200 + 13²·(384·2304 + 384·1728 + 256·1728),
  // then 9216·4096 + 4096² + 4096·1000. Parameters: as many weights without positions, and a bias per filter and unit.
  ['alexnet', 60_965_224, 724_406_816],
  // TensorFlow-Slim's and Paleo's table (nets/alex_v2.json).
  ['alexnet-v2', 50_303_912, 736_555_776],
  ['vgg-11', 132_863_336, 7_609_090_048],
  ['vgg-16', 138_357_544, 15_470_264_320],
  ['vgg-19', 143_667_240, 19_632_062_464],
  // 56²·96·363 + 24²·256·2400 + 12²·9·(256·512 + 512·1024 + 1024²), then 36864·3072 + 3072·4096 + 4096·1000.
  ['overfeat', 145_920_872, 2_801_403_904],
  ['googlenet', 6_998_552, 1_582_671_872],
  // torchvision's resnet18 and resnet34.
  ['resnet-18', 11_689_512, 1_814_073_344],
  ['resnet-34', 21_797_672, 3_663_761_408],
  ['resnet-50', 25_557_032, 3_857_973_248],
  // torchvision's resnet50; the 3×3 convolutions of three blocks keep 3 times as many positions, their first 1×1 too.
  ['resnet-50-v1.5', 25_557_032, 4_089_184_256],
  // As torchvision's blocks count them. The paper says 8.0·10⁹.
  ['resnext-101-32x4d', 44_177_704, 7_969_996_800],
  ['resnet-101', 44_549_160, 7_570_194_432],
  ['resnet-152', 60_192_808, 11_282_415_616],
  // torchvision's resnet34 without its last stage (13,114,368) and classes (513,000); 3,574,400 of further maps; heads of
  // 10752·9·85 + 30·85, for 256, 512, 512, 256, 256 and 256 channels with 4, 6, 6, 6, 4 and 4 boxes of 81 + 4 numbers: 19,972,534;
  // and filters that fill 340 and 510 up to 344 and 512: 4·3·2305 + 2·(2·4609 + 2305).
  [
    'ssd-resnet-34',
    20_023_240,
    15_862_078_720 + 4 * (38 ** 2 + 3 ** 2 + 1) * 2304 + 2 * (461 * 4608 + 25 * 2304),
  ],
  // torchvision's retinanet_resnet50_fpn, 34,014,999, with the convolutions of resnext50_32x4d (25,028,904 − 68,224 that
  // normalise) for resnet50's (25,557,032 − 53,120), with 173 · 9 · 2305 more for 264 classes, less the 211,648 that are kept.
  ['retinanet-resnext-50', 36_849_004, 201_208_394_752],
  // 40000·512 twice and 40000; 1024·2048 + 2048; 512². Per word 1024·2048 + 512² + 512·40000, 20 words.
  ['lstm-512-512', 43_361_344, 456_785_920],
  // The softmax takes 512 rows of 40000; the true word's is no matrix product.
  ['lstm-512-512-sampled', 43_361_344, 52_428_800],
  // 10000·2048 twice and 10000; twice 4096·8192 + 8192. Per word 2·4096·8192 + 2048·10000, 40 words.
  ['rnnlm', 108_095_248, 3_503_554_560],
  // 3·32000·1024; encoder 2·(2048·4096 + 4096) and 3072·4096 + 4096; decoder twice 3072·4096 + 4096; attention 2·1024² + 1024.
  // Per word as many, without the embeddings' 2·32000·1024 and the biases, and 40·1024 each for scores (of which v is the
  // 1024 above) and context; 40 words.
  ['nmt-2', 154_948_608, 3_578_920_960],
  // Two and six more layers on either side, of 2048·4096 + 4096 and 3072·4096 + 4096.
  ['nmt-4', 196_908_032, 5_256_642_560],
  ['nmt-8', 280_826_880, 8_612_085_760],
  // Table 37000·512; per encoder block 4·512² + 2·512·2048 + 2560 + 2·1024, per decoder block 4·512² + 1024 more.
  // Per word 6·(12·512² + 16·512²) + 18·2·128·512 + 512·37000, 128 words.
  ['transformer-base', 63_045_632, 8_363_966_464],
  ['transformer-big', 214_171_648, 28_002_222_080],
  // As BertForPreTraining of the Transformers library counts: 109,482,240 and 335,141,888 with pooler, and the two heads.
  // Per word 12·(12·768² + 2·512·768), 512 words; 77·(768² + 768·30522); 768² + 2·768.
  ['bert-base', 110_106_428, 50_169_338_880],
  ['bert-large', 336_226_108, 169_992_114_176],
  // As the released checkpoints. Per word 12·(12·768² + 2·1024·768) + 768·50257, 1024 words.
  ['gpt2', 124_439_808, 145_824_153_600],
  ['gpt2-medium', 354_823_168, 413_475_536_896],
  ['gpt2-large', 774_030_080, 887_285_350_400],
  ['gpt2-xl', 1_557_611_200, 1_753_351_782_400],
  // 12·(12h² + 13h), 12·(4h² + 8h + 128h + 128·8h²), (50257 + 2048)·h and 2h, with h = 1024 and 2048. Per word
  // 24·(12h² + 2·2048·h) + 12·128h + 50257·h, 2048 words, each of one expert.
  ['gpt-moe-350m-128', 13_141_621_760, 933_251_514_368],
  ['gpt-moe-1.3b-128', 52_455_700_480, 3_103_453_609_984],
  // 35·100000·32 + 2·1000000; 1200·1024 + 1024·512 + 512·256 + 256 and as many biases as units.
  ['wide-deep', 115_886_209, 1_884_416],
  // 33,762,577 values · 16; 13·512 + 512·256 + 256·64 + 64·16; (16 + 27·26/2)·512 + 512·256 + 256; biases. Products 27²·16.
  ['dlrm-kaggle', 540_677_217, 486_032],
  ['dlrm-terabyte', 24_036_595_969, 2_458_496],
  // One per server; 1 GB of rows of 512.
  ['null-step', 16, 0],
  ['null-step-sparse', 249_999_872, 0],
  // 440·2560 + 3·2560² + 2560·8192, and a bias per unit.
  ['speech-dnn', 41_777_152, 41_758_720],
  // A weight per multiplication: 91² positions of 8·300, 78² and 65² of 8·800, 5²·8·21000; and 21000 biases.
  ['locally-connected', 90_073_000, 90_052_000],
];

describe('parameters and multiply-adds', () => {
  it.each(SIZES)('of %s', (name, parameters, macs) => {
    expect(authoredSize(MODELS[name]!, 1)).toEqual({ parameters, macs });
    expect(authoredSize(MODELS[name]!, 2).macs).toBe(2 * macs);
  });

  it('of a GPT are those of the formulas', () => {
    // Narayanan et al. 2021, sections 3.1 and 5.1: P = 12lh²(1 + 13/(12h) + (V + s)/(12lh)), and forward, for a batch
    // of B, 24Bslh² + 4Bs²lh + 2BshV flops. They leave out the last normalisation's 2h.
    const [l, h, s, V] = [5, 64, 32, 1000];
    const tiny = MODELS.gpt!.with({ layers: l, width: h, heads: 4, length: s, vocabulary: V });
    const { parameters, macs } = authoredSize(tiny, 3);
    expect(parameters).toBeCloseTo(12 * l * h ** 2 * (1 + 13 / (12 * h) + (V + s) / (12 * l * h)) + 2 * h, 6);
    expect(2 * macs).toBe(3 * (24 * s * l * h ** 2 + 4 * s ** 2 * l * h + 2 * s * h * V));
  });
});

/** What a paper prints, how we count the same, and how far apart the two may be (rounding, and what the comment says). */
const PRINTED: readonly (readonly [name: string, what: string, printed: number, tolerance: number])[] = [
  // Krizhevsky et al. 2012, abstract: "60 million parameters".
  ['alexnet', 'parameters', 60e6, 0.02],
  // Simonyan & Zisserman 2015, table 2.
  ['vgg-11', 'parameters', 133e6, 0.005],
  ['vgg-16', 'parameters', 138e6, 0.005],
  ['vgg-19', 'parameters', 144e6, 0.005],
  // He et al. 2016, table 1: "FLOPs", which are multiply-adds there.
  ['resnet-50', 'macs', 3.8e9, 0.02],
  ['resnet-101', 'macs', 7.6e9, 0.02],
  ['resnet-152', 'macs', 11.3e9, 0.02],
  // Szegedy et al. 2016: "5 billion multiply-adds per inference", "less than 25 million parameters"; 5.7 by its own layers.
  ['inception-v3-published', 'parameters', 25e6, 0.05],
  ['inception-v3-published', 'macs', 5e9, 0.15],
  // Shazeer et al. 2017, table 2, of GNMT.
  ['nmt-8', 'parameters', 278e6, 0.015],
  // Vaswani et al. 2017, table 3. With "about 37000 tokens" base comes to 63 million; the paper does not say what is more.
  ['transformer-base', 'parameters', 65e6, 0.035],
  ['transformer-big', 'parameters', 213e6, 0.01],
  // Devlin et al. 2019, section 3.
  ['bert-base', 'parameters', 110e6, 0.005],
  ['bert-large', 'parameters', 340e6, 0.015],
  // Radford et al. 2019, table 2, says 117, 345, 762 and 1542M; the release corrected the first three to these.
  ['gpt2', 'parameters', 124e6, 0.005],
  ['gpt2-medium', 'parameters', 355e6, 0.005],
  ['gpt2-large', 'parameters', 774e6, 0.005],
  ['gpt2-xl', 'parameters', 1542e6, 0.015],
  // Brown et al. 2020, table D.1.
  ['gpt3-small', 'parameters', 125e6, 0.005],
  ['gpt3-medium', 'parameters', 356e6, 0.005],
  ['gpt3-large', 'parameters', 760e6, 0.005],
  ['gpt3-xl', 'parameters', 1320e6, 0.005],
  ['gpt3-2.7b', 'parameters', 2650e6, 0.005],
  ['gpt3-6.7b', 'parameters', 6660e6, 0.005],
  ['gpt3-13b', 'parameters', 12_850e6, 0.005],
  ['gpt3-175b', 'parameters', 174_600e6, 0.005],
  // Naumov et al. 2019, section 5.
  ['dlrm-kaggle', 'parameters', 540e6, 0.005],
  // Dean et al. 2012, section 5.
  ['speech-dnn', 'parameters', 42e6, 0.01],
];

describe('what the papers print', () => {
  it.each(PRINTED)('%s: %s', (name, what, printed, tolerance) => {
    const ours = authoredSize(MODELS[name]!, 1)[what as 'parameters' | 'macs'];
    expect(Math.abs(ours / printed - 1)).toBeLessThanOrEqual(tolerance);
  });

  it('retinanet-resnext-50 with 91 classes: 151.54 billion (torchvision, of retinanet_resnet50_fpn)', () => {
    // The backbone's convolutions of ResNeXt-50 are (4.23 − 4.09) · (800 / 224)² billion more.
    const { macs } = authoredSize(MODELS['retinanet-resnext-50']!.with({ classes: 91 }), 1);
    expect(macs / 1e9 - 0.14 * (800 / 224) ** 2).toBeCloseTo(151.54, 0);
  });

  // Dean et al. 2012, figure 3. The paper leaves much open (see the model); 8 to 36 maps are all that it says of the three.
  it.each([
    [8, 80e6],
    [16, 330e6],
    [36, 1700e6],
  ])('locally-connected with %i maps: parameters, to a sixth', (maps, printed) => {
    const { parameters } = authoredSize(MODELS['locally-connected']!.with({ maps }), 1);
    expect(Math.abs(parameters / printed - 1)).toBeLessThan(1 / 6);
  });

  it('lstm-512-512 with all words: 0.82 billion parameters (Jozefowicz et al. 2016, table 1)', () => {
    const { parameters } = authoredSize(MODELS['lstm-512-512']!.with({ vocabulary: 793_471 }), 1);
    expect((parameters / 1e9).toFixed(2)).toBe('0.82');
  });

  it("lstm-512-512-sampled: 78 times less work in the softmax (OSDI'16, section 6.4)", () => {
    const rest = 20 * (1024 * 2048 + 512 * 512);
    const [full, sampled] = ['lstm-512-512', 'lstm-512-512-sampled'].map(
      (name) => authoredSize(MODELS[name]!, 1).macs - rest,
    );
    expect(Math.round(full! / sampled!)).toBe(78);
  });

  it('nmt-8: 214 million operations per time step (Shazeer et al. 2017, table 2, of GNMT)', () => {
    expect(authoredSize(MODELS['nmt-8']!, 1).macs / 40 / 214e6).toBeCloseTo(1, 1);
  });

  it('gpt3-175b: 3.14·10²³ flops for 300 billion words (Brown et al. 2020, table D.1)', () => {
    // Three times the forward pass. The paper counts 6 per parameter and leaves the attention scores out: 3 % more here.
    const perWord = (6 * authoredSize(MODELS['gpt3-175b']!, 1).macs) / 2048;
    expect((perWord * 300e9) / 3.14e23).toBeCloseTo(1.028, 2);
  });
});

test("overfeat with 64 filters first is TensorFlow-Slim's and Paleo's (nets/overfeat.json)", () => {
  const slim = configured(MODELS.overfeat!, { width: 64 });
  expect(authoredSize(slim, 1)).toEqual({ parameters: 145_704_424, macs: 2_647_011_328 });
});
