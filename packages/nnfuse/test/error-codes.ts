/*
 * Which of our codes stands for which of torch's errors. Ours come first from what the request looks like, then from
 * the model's dataflow, then from the rules; torch's from whatever fails first.
 */

const codes: readonly (readonly [errorClass: string, message: RegExp, code: string])[] = [
  // The list of groups. Torch iterates over whatever it gets, over a name letter by letter.
  ['AssertionError', /^did not find fuser method for: \(\) $/, 'BAD_GROUPS'],
  ['AttributeError', /^'Sequential' object has no attribute 'c'$/, 'BAD_GROUPS'],
  ['TypeError', /object is not iterable$/, 'BAD_GROUPS'],
  ['AttributeError', /^'NoneType' object has no attribute 'conv'$/, 'BAD_MODEL'],

  // Paths.
  ['AttributeError', /^'Sequential' object has no attribute '/, 'NO_SUCH_PATH'],
  ['AssertionError', /\(<class 'bool'>, /, 'NO_SUCH_PATH'],

  // Patterns that nothing fuses.
  ['AssertionError', /\.Conv2d'>, <class '[\w.]*\.Conv2d'>\) $/, 'NOT_ADJACENT'], // the same name twice
  ['AssertionError', /\.Conv2d'>, <class '[\w.]*\.BatchNorm2d'>\) $/, 'BAD_MAPPING'], // an entry without a method
  ['AssertionError', /^did not find fuser method for: /, 'UNKNOWN_PATTERN'],

  // Layers that do not go together.
  ['AssertionError', /^Fusion only for eval!$/, 'CANNOT_FUSE'],
  ['AssertionError', /both must be in the same mode/, 'CANNOT_FUSE'],
  ['AssertionError', /must match num_features/, 'CANNOT_FUSE'],
  ['AssertionError', /linear\.out_features == bn\.num_features/, 'CANNOT_FUSE'],
  ['AssertionError', /^Only support fusing BatchNorm/, 'CANNOT_FUSE'],
  ['AssertionError', /running_mean and bn\.running_var must not be None/, 'CANNOT_FUSE'],
  ['RuntimeError', /^The size of tensor a /, 'CANNOT_FUSE'],

  // Functions and mappings of one's own.
  ['IndexError', /^list index out of range$/, 'BAD_FUSER_FUNC'],
  ['TypeError', /object is not subscriptable$/, 'BAD_FUSER_FUNC'],
  ['TypeError', /^cannot assign 'int' as child module/, 'BAD_FUSER_FUNC'],
  ['AttributeError', /^'int' object has no attribute 'get'$/, 'BAD_MAPPING'],
  ['AttributeError', /has no attribute 'register_forward_pre_hook'$/, 'BAD_REWRITE'],
]

export const codeFor = ([errorClass, message]: readonly [string, string]): string | undefined =>
  codes.find(([name, pattern]) => name === errorClass && pattern.test(message))?.[2]
