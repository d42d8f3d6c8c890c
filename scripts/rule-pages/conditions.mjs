// The conditions of rules in words, and what reports say where one does not hold. Names and numbers stand at the dots.
// Keys are the names of guards; scripts/rule-pages/check-reasons.mjs holds the reasons to the sources.

/** @typedef {{ says: string, reasons: readonly string[] }} Condition */

const trainingInFolds = '… is in training mode; call inference(model) first, or fuse for QAT'
const statistics = "… keeps no running statistics: it normalizes by each batch's own"
const channels = '… normalizes … channels but is given …'

/** @type {Readonly<Record<string, Readonly<Record<string, Condition>>>>} */
export const conditions = {
  'fuser-conv-bn': {
    inInference: {
      says: 'Every layer is in inference mode: folding freezes the statistics.',
      reasons: [trainingInFolds],
    },
    hasRunningStats: { says: 'The batch-norm has running statistics.', reasons: [statistics] },
    channelsAgree: {
      says: 'The batch-norm normalizes as many channels as the layer gives.',
      reasons: [channels],
    },
    weightsAreFloats: {
      says: 'All weights of both are floats that can be read: float32, float64, float16, bfloat16.',
      reasons: ['the weights of … and … are not all floats'],
    },
    isStoredAsFloats: {
      says: 'The weight is not stored as integers with a scale; `affine()` scales those.',
      reasons: ['the weight of … is quantized'],
    },
    linearOutputHasTwoAxes: {
      says: "The linear layer's output has two axes, for batch-norm works on axis 1, whatever the layer's is.",
      reasons: [
        "it is not known how many axes … gives; state the types of the model's inputs",
        '… gives … axes, so … normalizes axis 1 and not the features',
      ],
    },
  },
  'fuser-qat': {
    sameMode: {
      says: 'All layers are in training mode, or all in inference mode.',
      reasons: ['… and … must both be in training mode or both in inference mode'],
    },
    channelsAgree: {
      says: 'The batch-norm normalizes as many channels as the layer gives.',
      reasons: [channels],
    },
    isAffine: { says: 'The batch-norm has a scale and a shift.', reasons: ['… is not affine'] },
    tracksRunningStats: {
      says: 'The batch-norm has running statistics.',
      reasons: ['… keeps no running statistics'],
    },
  },
  'fuser-reparam': {
    inInference: {
      says: 'Every layer is in inference mode: while they train, branches learn apart from each other.',
      reasons: ['… is in training mode; call inference(model) first'],
    },
    hasRunningStats: { says: 'Batch-norms have running statistics.', reasons: [statistics] },
    sameFloats: {
      says: 'All weights are floats of one type, and none is stored as integers.',
      reasons: [
        'weights of … cannot be added',
        'the weights are quantized, and their sum would not be',
        'the weights are of different types: …',
      ],
    },
    hasNoHooksInside: {
      says: 'No hook watches a layer inside of one that holds two.',
      reasons: ['a hook inside … would be lost'],
    },
  },
  'fuser-affine': {
    padsWithZeros: {
      says: 'Both pad with zeros, the convolution by amounts that it states.',
      reasons: ['… puts … around, not zeros', '… pads with …', '… pads by the size of its input'],
    },
    padsOnlySpace: {
      says: "Only the axes of the convolution's kernel are padded.",
      reasons: ["… pads more than the axes of …'s kernel"],
    },
    undoesIt: {
      says: 'The second transposition brings every axis back to its place.',
      reasons: ['… does not undo …'],
    },
  },
}
