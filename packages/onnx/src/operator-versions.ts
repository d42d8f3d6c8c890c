/*
 * Made by scripts/python/operator_versions.py; do not edit.
 */

/** The newest opset that the table knows: onnx 1.23.1. */
export const newestOpset = 28

/**
 * A line for each of ONNX's operators: the opsets in which it was introduced or changed. From opset 7 on, what it takes
 * there, unless that is as before: how many inputs and outputs, and attributes with their types, `!` where it needs
 * them. `gone` where it is no operator any more.
 */
export const operatorTable = `
Abs 1 | 6 1-1 1-1 | 13
Acos 7 1-1 1-1 | 22
Acosh 9 1-1 1-1 | 22
Add 1 | 6 | 7 2-2 1-1 | 13 | 14
AffineGrid 20 2-2 1-1 align_corners:2
And 1 | 7 2-2 1-1
ArgMax 1 1-1 1-1 axis:2 keepdims:2 | 11 | 12 1-1 1-1 axis:2 keepdims:2 select_last_index:2 | 13
ArgMin 1 1-1 1-1 axis:2 keepdims:2 | 11 | 12 1-1 1-1 axis:2 keepdims:2 select_last_index:2 | 13
Asin 7 1-1 1-1 | 22
Asinh 9 1-1 1-1 | 22
Atan 7 1-1 1-1 | 22
Atanh 9 1-1 1-1 | 22
Attention 23 3-6 1-4 is_causal:2 kv_num_heads:2 q_num_heads:2 qk_matmul_output_mode:2 scale:1 softcap:1 softmax_precision:2 | 24 3-7 1-4 is_causal:2 kv_num_heads:2 q_num_heads:2 qk_matmul_output_mode:2 scale:1 softcap:1 softmax_precision:2 | 25 3-7 1-4 is_causal:2 kv_num_heads:2 left_window_size:2 q_num_heads:2 qk_matmul_output_mode:2 right_window_size:2 scale:1 softcap:1 softmax_precision:2
AveragePool 1 | 7 1-1 1-1 auto_pad:3 count_include_pad:2 kernel_shape:7! pads:7 strides:7 | 10 1-1 1-1 auto_pad:3 ceil_mode:2 count_include_pad:2 kernel_shape:7! pads:7 strides:7 | 11 | 19 1-1 1-1 auto_pad:3 ceil_mode:2 count_include_pad:2 dilations:7 kernel_shape:7! pads:7 strides:7 | 22
BatchNormalization 1 | 6 | 7 5-5 1-5 epsilon:1 momentum:1 spatial:2 | 9 5-5 1-5 epsilon:1 momentum:1 | 14 5-5 1-3 epsilon:1 momentum:1 training_mode:2 | 15
Bernoulli 15 1-1 1-1 dtype:2 seed:1 | 22
BitCast 26 1-1 1-1 to:2!
BitShift 11 2-2 1-1 direction:3! | 28
BitwiseAnd 18 2-2 1-1
BitwiseNot 18 1-1 1-1
BitwiseOr 18 2-2 1-1
BitwiseXor 18 2-2 1-1
BlackmanWindow 17 1-1 1-1 output_datatype:2 periodic:2
Cast 1 | 6 1-1 1-1 to:2! | 9 | 13 | 19 1-1 1-1 saturate:2 to:2! | 21 | 23 | 24 1-1 1-1 round_mode:3 saturate:2 to:2! | 25 | 28
CastLike 15 2-2 1-1 | 19 2-2 1-1 saturate:2 | 21 | 23 | 24 2-2 1-1 round_mode:3 saturate:2 | 25
CausalConvWithState 27 2-4 2-2 activation:3
Ceil 1 | 6 1-1 1-1 | 13
Celu 12 1-1 1-1 alpha:1 | 28
CenterCropPad 18 2-2 1-1 axes:7
Clip 1 | 6 1-1 1-1 max:1 min:1 | 11 1-3 1-1 | 12 | 13
Col2Im 18 3-3 1-1 dilations:7 pads:7 strides:7
Compress 9 2-2 1-1 axis:2 | 11 | 28
Concat 1 | 4 1-* 1-1 axis:2! | 11 | 13
ConcatFromSequence 11 1-1 1-1 axis:2! new_axis:2
Constant 1 0-0 1-1 value:4! | 9 | 11 0-0 1-1 sparse_value:11 value:4 | 12 0-0 1-1 sparse_value:11 value:4 value_float:1 value_floats:6 value_int:2 value_ints:7 value_string:3 value_strings:8 | 13 | 19 | 21 | 23 | 24 | 25
ConstantOfShape 9 1-1 1-1 value:4 | 20 | 21 | 23 | 24 | 25
Conv 1 2-3 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7 | 11 | 22
ConvInteger 10 2-4 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7
ConvTranspose 1 2-3 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 output_padding:7 output_shape:7 pads:7 strides:7 | 11 | 22
Cos 7 1-1 1-1 | 22
Cosh 9 1-1 1-1 | 22
CumProd 26 2-2 1-1 exclusive:2 reverse:2
CumSum 11 2-2 1-1 exclusive:2 reverse:2 | 14
DFT 17 1-2 1-1 axis:2 inverse:2 onesided:2 | 20 1-3 1-1 inverse:2 onesided:2
DeformConv 19 3-5 1-1 dilations:7 group:2 kernel_shape:7 offset_group:2 pads:7 strides:7 | 22
DepthToSpace 1 1-1 1-1 blocksize:2! | 11 1-1 1-1 blocksize:2! mode:3 | 13 | 28
DequantizeLinear 10 2-3 1-1 | 13 2-3 1-1 axis:2 | 19 | 21 2-3 1-1 axis:2 block_size:2 | 23 2-3 1-1 axis:2 block_size:2 output_dtype:2 | 24 | 25 | 28
Det 11 1-1 1-1 | 22
Div 1 | 6 | 7 2-2 1-1 | 13 | 14
Dropout 1 | 6 | 7 1-1 1-2 ratio:1 | 10 | 12 1-3 1-2 seed:2 | 13 | 22
DynamicQuantizeLinear 11 1-1 3-3
Einsum 12 1-* 1-1 equation:3! | 28
Elu 1 | 6 1-1 1-1 alpha:1 | 22
Equal 1 | 7 2-2 1-1 | 11 | 13 | 19
Erf 9 1-1 1-1 | 13
Exp 1 | 6 1-1 1-1 | 13
Expand 8 2-2 1-1 | 13
EyeLike 9 1-1 1-1 dtype:2 k:2 | 22
Flatten 1 1-1 1-1 axis:2 | 9 | 11 | 13 | 21 | 23 | 24 | 25
Floor 1 | 6 1-1 1-1 | 13
GRU 1 | 3 | 7 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 linear_before_reset:2 | 14 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 layout:2 linear_before_reset:2 | 22
Gather 1 2-2 1-1 axis:2 | 11 | 13
GatherElements 11 2-2 1-1 axis:2 | 13
GatherND 11 2-2 1-1 | 12 2-2 1-1 batch_dims:2 | 13
Gelu 20 1-1 1-1 approximate:3
Gemm 1 | 6 | 7 3-3 1-1 alpha:1 beta:1 transA:2 transB:2 | 9 | 11 2-3 1-1 alpha:1 beta:1 transA:2 transB:2 | 13
GlobalAveragePool 1 1-1 1-1 | 22
GlobalLpPool 1 | 2 1-1 1-1 p:2 | 22
GlobalMaxPool 1 1-1 1-1 | 22
Greater 1 | 7 2-2 1-1 | 9 | 13
GreaterOrEqual 12 2-2 1-1 | 16
GridSample 16 2-2 1-1 align_corners:2 mode:3 padding_mode:3 | 20 | 22
GroupNormalization 18 gone | 21 3-3 1-1 epsilon:1 num_groups:2! stash_type:2
HammingWindow 17 1-1 1-1 output_datatype:2 periodic:2
HannWindow 17 1-1 1-1 output_datatype:2 periodic:2
HardSigmoid 1 | 6 1-1 1-1 alpha:1 beta:1 | 22
HardSwish 14 1-1 1-1 | 22
Hardmax 1 1-1 1-1 axis:2 | 11 | 13
Identity 1 1-1 1-1 | 13 | 14 | 16 | 19 | 21 | 23 | 24 | 25
If 1 1-1 1-* else_branch:5! then_branch:5! | 11 | 13 | 16 | 19 | 21 | 23 | 24 | 25
ImageDecoder 20 1-1 1-1 pixel_format:3
InstanceNormalization 1 | 6 3-3 1-1 epsilon:1 | 22
IsInf 10 1-1 1-1 detect_negative:2 detect_positive:2 | 20
IsNaN 9 1-1 1-1 | 13 | 20
LRN 1 1-1 1-1 alpha:1 beta:1 bias:1 size:2! | 13
LSTM 1 | 7 3-8 0-3 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 input_forget:2 | 14 3-8 0-3 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 input_forget:2 layout:2 | 22
LayerNormalization 17 2-3 1-3 axis:2 epsilon:1 stash_type:2
LeakyRelu 1 | 6 1-1 1-1 alpha:1 | 16
Less 1 | 7 2-2 1-1 | 9 | 13
LessOrEqual 12 2-2 1-1 | 16
LinearAttention 27 3-6 2-2 chunk_size:2 kv_num_heads:2! q_num_heads:2! scale:1 update_rule:3
Log 1 | 6 1-1 1-1 | 13
LogSoftmax 1 1-1 1-1 axis:2 | 11 | 13
Loop 1 3-* 1-* body:5! | 11 2-* 1-* body:5! | 13 | 16 | 19 | 21 | 23 | 24 | 25
LpNormalization 1 1-1 1-1 axis:2 p:2 | 22
LpPool 1 | 2 1-1 1-1 auto_pad:3 kernel_shape:7! p:2 pads:7 strides:7 | 11 | 18 1-1 1-1 auto_pad:3 ceil_mode:2 dilations:7 kernel_shape:7! p:2 pads:7 strides:7 | 22
MatMul 1 2-2 1-1 | 9 | 13
MatMulInteger 10 2-4 1-1
Max 1 | 6 1-* 1-1 | 8 | 12 | 13
MaxPool 1 1-1 1-1 auto_pad:3 kernel_shape:7! pads:7 strides:7 | 8 1-1 1-2 auto_pad:3 kernel_shape:7! pads:7 storage_order:2 strides:7 | 10 1-1 1-2 auto_pad:3 ceil_mode:2 dilations:7 kernel_shape:7! pads:7 storage_order:2 strides:7 | 11 | 12 | 22
MaxRoiPool 1 2-2 1-1 pooled_shape:7! spatial_scale:1 | 22
MaxUnpool 9 2-3 1-1 kernel_shape:7! pads:7 strides:7 | 11 | 22
Mean 1 | 6 1-* 1-1 | 8 | 13
MeanVarianceNormalization 9 1-1 1-1 axes:7 | 13
MelWeightMatrix 17 5-5 1-1 output_datatype:2
Min 1 | 6 1-* 1-1 | 8 | 12 | 13
Mish 18 1-1 1-1 | 22
Mod 10 2-2 1-1 fmod:2 | 13 | 28
Mul 1 | 6 | 7 2-2 1-1 | 13 | 14
Multinomial 7 1-1 1-1 dtype:2 sample_size:2 seed:1 | 22
Neg 1 | 6 1-1 1-1 | 13
NegativeLogLikelihoodLoss 12 2-3 1-1 ignore_index:2 reduction:3 | 13 | 22
NonMaxSuppression 10 2-5 1-1 center_point_box:2 | 11
NonZero 9 1-1 1-1 | 13
Not 1 1-1 1-1
OneHot 9 3-3 1-1 axis:2 | 11 | 28
Optional 15 0-1 1-1 type:13 | 28
OptionalGetElement 15 1-1 1-1 | 18 | 28
OptionalHasElement 15 1-1 1-1 | 18 0-1 1-1 | 28
Or 1 | 7 2-2 1-1
PRelu 1 | 6 | 7 2-2 1-1 | 9 | 16
Pad 1 | 2 1-1 1-1 mode:3 pads:7! value:1 | 11 2-3 1-1 mode:3 | 13 | 18 2-4 1-1 mode:3 | 19 | 21 | 23 | 24 | 25
Pow 1 | 7 2-2 1-1 | 12 | 13 | 15
QLinearConv 10 8-9 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7
QLinearMatMul 10 8-8 1-1 | 21
QuantizeLinear 10 2-3 1-1 | 13 2-3 1-1 axis:2 | 19 2-3 1-1 axis:2 saturate:2 | 21 2-3 1-1 axis:2 block_size:2 output_dtype:2 saturate:2 | 23 2-3 1-1 axis:2 block_size:2 output_dtype:2 precision:2 saturate:2 | 24 | 25 | 28
RMSNormalization 23 2-2 1-1 axis:2 epsilon:1 stash_type:2
RNN 1 | 7 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 | 14 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 layout:2 | 22
RandomNormal 1 0-0 1-1 dtype:2 mean:1 scale:1 seed:1 shape:7! | 22
RandomNormalLike 1 1-1 1-1 dtype:2 mean:1 scale:1 seed:1 | 22
RandomUniform 1 0-0 1-1 dtype:2 high:1 low:1 seed:1 shape:7! | 22
RandomUniformLike 1 1-1 1-1 dtype:2 high:1 low:1 seed:1 | 22
Range 11 3-3 1-1 | 27 3-3 1-1 stash_type:2
Reciprocal 1 | 6 1-1 1-1 | 13
ReduceL1 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceL2 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceLogSum 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2 | 28
ReduceLogSumExp 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2 | 28
ReduceMax 1 1-1 1-1 axes:7 keepdims:2 | 11 | 12 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2 | 20
ReduceMean 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceMin 1 1-1 1-1 axes:7 keepdims:2 | 11 | 12 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2 | 20
ReduceProd 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceSum 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceSumSquare 1 1-1 1-1 axes:7 keepdims:2 | 11 | 13 | 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
RegexFullMatch 20 1-1 1-1 pattern:3
Relu 1 | 6 1-1 1-1 | 13 | 14
Reshape 1 | 5 2-2 1-1 | 13 | 14 2-2 1-1 allowzero:2 | 19 | 21 | 23 | 24 | 25
Resize 10 2-2 1-1 mode:3 | 11 3-4 1-1 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 mode:3 nearest_mode:3 | 13 1-4 1-1 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 mode:3 nearest_mode:3 | 18 1-4 1-1 antialias:2 axes:7 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 keep_aspect_ratio_policy:3 mode:3 nearest_mode:3 | 19
ReverseSequence 10 2-2 1-1 batch_axis:2 time_axis:2 | 28
RoiAlign 10 3-3 1-1 mode:3 output_height:2 output_width:2 sampling_ratio:2 spatial_scale:1 | 16 3-3 1-1 coordinate_transformation_mode:3 mode:3 output_height:2 output_width:2 sampling_ratio:2 spatial_scale:1 | 22
RotaryEmbedding 23 3-4 1-1 interleaved:2 num_heads:2 rotary_embedding_dim:2
Round 11 1-1 1-1 | 22
STFT 17 2-4 1-1 onesided:2
Scan 8 2-* 1-* body:5! directions:7 num_scan_inputs:2! | 9 1-* 1-* body:5! num_scan_inputs:2! scan_input_axes:7 scan_input_directions:7 scan_output_axes:7 scan_output_directions:7 | 11 | 16 | 19 | 21 | 23 | 24 | 25
Scatter 9 3-3 1-1 axis:2 | 11 gone
ScatterElements 11 3-3 1-1 axis:2 | 13 | 16 3-3 1-1 axis:2 reduction:3 | 18
ScatterND 11 3-3 1-1 | 13 | 16 3-3 1-1 reduction:3 | 18
Selu 1 | 6 1-1 1-1 alpha:1 gamma:1 | 22
SequenceAt 11 2-2 1-1
SequenceConstruct 11 1-* 1-1
SequenceEmpty 11 0-0 1-1 dtype:2
SequenceErase 11 1-2 1-1
SequenceInsert 11 2-3 1-1
SequenceLength 11 1-1 1-1
SequenceMap 17 1-* 1-* body:5!
Shape 1 1-1 1-1 | 13 | 15 1-1 1-1 end:2 start:2 | 19 | 21 | 23 | 24 | 25
Shrink 9 1-1 1-1 bias:1 lambd:1
Sigmoid 1 | 6 1-1 1-1 | 13
Sign 9 1-1 1-1 | 13
Sin 7 1-1 1-1 | 22
Sinh 9 1-1 1-1 | 22
Size 1 1-1 1-1 | 13 | 19 | 21 | 23 | 24 | 25
Slice 1 1-1 1-1 axes:7 ends:7! starts:7! | 10 3-5 1-1 | 11 | 13
Softmax 1 1-1 1-1 axis:2 | 11 | 13
SoftmaxCrossEntropyLoss 12 2-3 1-2 ignore_index:2 reduction:3 | 13
Softplus 1 1-1 1-1 | 22
Softsign 1 1-1 1-1 | 22
SpaceToDepth 1 1-1 1-1 blocksize:2! | 13 | 28 1-1 1-1 blocksize:2! mode:3
Split 1 | 2 1-1 1-* axis:2 split:7 | 11 | 13 1-2 1-* axis:2 | 18 1-2 1-* axis:2 num_outputs:2
SplitToSequence 11 1-2 1-1 axis:2 keepdims:2 | 24
Sqrt 1 | 6 1-1 1-1 | 13
Squeeze 1 1-1 1-1 axes:7 | 11 | 13 1-2 1-1 | 21 | 23 | 24 | 25
StringConcat 20 2-2 1-1
StringNormalizer 10 1-1 1-1 case_change_action:3 is_case_sensitive:2 locale:3 stopwords:8
StringSplit 20 1-1 2-2 delimiter:3 maxsplit:2
Sub 1 | 6 | 7 2-2 1-1 | 13 | 14
Sum 1 | 6 1-* 1-1 | 8 | 13
SwiGLU 28 2-2 1-1 alpha:1
Swish 24 1-1 1-1 alpha:1
Tan 7 1-1 1-1 | 22
Tanh 1 | 6 1-1 1-1 | 13
TensorScatter 24 2-3 1-1 axis:2 mode:3
TfIdfVectorizer 9 1-1 1-1 max_gram_length:2! max_skip_count:2! min_gram_length:2! mode:3! ngram_counts:7! ngram_indexes:7! pool_int64s:7 pool_strings:8 weights:6
ThresholdedRelu 10 1-1 1-1 alpha:1 | 22
Tile 1 | 6 2-2 1-1 | 13
TopK 1 1-1 2-2 axis:2 k:2! | 10 2-2 2-2 axis:2 | 11 2-2 2-2 axis:2 largest:2 sorted:2 | 24
Transpose 1 1-1 1-1 perm:7 | 13 | 21 | 23 | 24 | 25
Trilu 14 1-2 1-1 upper:2
Unique 11 1-1 1-4 axis:2 sorted:2 | 28
Unsqueeze 1 1-1 1-1 axes:7! | 11 | 13 2-2 1-1 | 21 | 23 | 24 | 25
Upsample 1 | 7 1-1 1-1 mode:3 scales:6! | 9 2-2 1-1 mode:3 | 10 gone
Where 9 3-3 1-1 | 16
Xor 1 | 7 2-2 1-1
`
