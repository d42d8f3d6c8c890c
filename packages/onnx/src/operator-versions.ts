/*
 * Made by scripts/python/operator_versions.py; do not edit.
 */

/** The newest opset that the table knows: onnx 1.23.1. */
export const newestOpset = 28

/**
 * Each of ONNX's operators, with the opsets in which it was introduced or changed. From opset 7 on, what it takes
 * there, unless that is as before: how many inputs and outputs, and attributes with their types, `!` where it needs
 * them. `gone` where it is no operator any more.
 */
export const operatorTable = `
Abs 1
Abs 6 1-1 1-1
Abs 13
Acos 7 1-1 1-1
Acos 22
Acosh 9 1-1 1-1
Acosh 22
Add 1
Add 6
Add 7 2-2 1-1
Add 13
Add 14
AffineGrid 20 2-2 1-1 align_corners:2
And 1
And 7 2-2 1-1
ArgMax 1 1-1 1-1 axis:2 keepdims:2
ArgMax 11
ArgMax 12 1-1 1-1 axis:2 keepdims:2 select_last_index:2
ArgMax 13
ArgMin 1 1-1 1-1 axis:2 keepdims:2
ArgMin 11
ArgMin 12 1-1 1-1 axis:2 keepdims:2 select_last_index:2
ArgMin 13
Asin 7 1-1 1-1
Asin 22
Asinh 9 1-1 1-1
Asinh 22
Atan 7 1-1 1-1
Atan 22
Atanh 9 1-1 1-1
Atanh 22
Attention 23 3-6 1-4 is_causal:2 kv_num_heads:2 q_num_heads:2 qk_matmul_output_mode:2 scale:1 softcap:1 softmax_precision:2
Attention 24 3-7 1-4 is_causal:2 kv_num_heads:2 q_num_heads:2 qk_matmul_output_mode:2 scale:1 softcap:1 softmax_precision:2
Attention 25 3-7 1-4 is_causal:2 kv_num_heads:2 left_window_size:2 q_num_heads:2 qk_matmul_output_mode:2 right_window_size:2 scale:1 softcap:1 softmax_precision:2
AveragePool 1
AveragePool 7 1-1 1-1 auto_pad:3 count_include_pad:2 kernel_shape:7! pads:7 strides:7
AveragePool 10 1-1 1-1 auto_pad:3 ceil_mode:2 count_include_pad:2 kernel_shape:7! pads:7 strides:7
AveragePool 11
AveragePool 19 1-1 1-1 auto_pad:3 ceil_mode:2 count_include_pad:2 dilations:7 kernel_shape:7! pads:7 strides:7
AveragePool 22
BatchNormalization 1
BatchNormalization 6
BatchNormalization 7 5-5 1-5 epsilon:1 momentum:1 spatial:2
BatchNormalization 9 5-5 1-5 epsilon:1 momentum:1
BatchNormalization 14 5-5 1-3 epsilon:1 momentum:1 training_mode:2
BatchNormalization 15
Bernoulli 15 1-1 1-1 dtype:2 seed:1
Bernoulli 22
BitCast 26 1-1 1-1 to:2!
BitShift 11 2-2 1-1 direction:3!
BitShift 28
BitwiseAnd 18 2-2 1-1
BitwiseNot 18 1-1 1-1
BitwiseOr 18 2-2 1-1
BitwiseXor 18 2-2 1-1
BlackmanWindow 17 1-1 1-1 output_datatype:2 periodic:2
Cast 1
Cast 6 1-1 1-1 to:2!
Cast 9
Cast 13
Cast 19 1-1 1-1 saturate:2 to:2!
Cast 21
Cast 23
Cast 24 1-1 1-1 round_mode:3 saturate:2 to:2!
Cast 25
Cast 28
CastLike 15 2-2 1-1
CastLike 19 2-2 1-1 saturate:2
CastLike 21
CastLike 23
CastLike 24 2-2 1-1 round_mode:3 saturate:2
CastLike 25
CausalConvWithState 27 2-4 2-2 activation:3
Ceil 1
Ceil 6 1-1 1-1
Ceil 13
Celu 12 1-1 1-1 alpha:1
Celu 28
CenterCropPad 18 2-2 1-1 axes:7
Clip 1
Clip 6 1-1 1-1 max:1 min:1
Clip 11 1-3 1-1
Clip 12
Clip 13
Col2Im 18 3-3 1-1 dilations:7 pads:7 strides:7
Compress 9 2-2 1-1 axis:2
Compress 11
Compress 28
Concat 1
Concat 4 1-* 1-1 axis:2!
Concat 11
Concat 13
ConcatFromSequence 11 1-1 1-1 axis:2! new_axis:2
Constant 1 0-0 1-1 value:4!
Constant 9
Constant 11 0-0 1-1 sparse_value:11 value:4
Constant 12 0-0 1-1 sparse_value:11 value:4 value_float:1 value_floats:6 value_int:2 value_ints:7 value_string:3 value_strings:8
Constant 13
Constant 19
Constant 21
Constant 23
Constant 24
Constant 25
ConstantOfShape 9 1-1 1-1 value:4
ConstantOfShape 20
ConstantOfShape 21
ConstantOfShape 23
ConstantOfShape 24
ConstantOfShape 25
Conv 1 2-3 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7
Conv 11
Conv 22
ConvInteger 10 2-4 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7
ConvTranspose 1 2-3 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 output_padding:7 output_shape:7 pads:7 strides:7
ConvTranspose 11
ConvTranspose 22
Cos 7 1-1 1-1
Cos 22
Cosh 9 1-1 1-1
Cosh 22
CumProd 26 2-2 1-1 exclusive:2 reverse:2
CumSum 11 2-2 1-1 exclusive:2 reverse:2
CumSum 14
DFT 17 1-2 1-1 axis:2 inverse:2 onesided:2
DFT 20 1-3 1-1 inverse:2 onesided:2
DeformConv 19 3-5 1-1 dilations:7 group:2 kernel_shape:7 offset_group:2 pads:7 strides:7
DeformConv 22
DepthToSpace 1 1-1 1-1 blocksize:2!
DepthToSpace 11 1-1 1-1 blocksize:2! mode:3
DepthToSpace 13
DepthToSpace 28
DequantizeLinear 10 2-3 1-1
DequantizeLinear 13 2-3 1-1 axis:2
DequantizeLinear 19
DequantizeLinear 21 2-3 1-1 axis:2 block_size:2
DequantizeLinear 23 2-3 1-1 axis:2 block_size:2 output_dtype:2
DequantizeLinear 24
DequantizeLinear 25
DequantizeLinear 28
Det 11 1-1 1-1
Det 22
Div 1
Div 6
Div 7 2-2 1-1
Div 13
Div 14
Dropout 1
Dropout 6
Dropout 7 1-1 1-2 ratio:1
Dropout 10
Dropout 12 1-3 1-2 seed:2
Dropout 13
Dropout 22
DynamicQuantizeLinear 11 1-1 3-3
Einsum 12 1-* 1-1 equation:3!
Einsum 28
Elu 1
Elu 6 1-1 1-1 alpha:1
Elu 22
Equal 1
Equal 7 2-2 1-1
Equal 11
Equal 13
Equal 19
Erf 9 1-1 1-1
Erf 13
Exp 1
Exp 6 1-1 1-1
Exp 13
Expand 8 2-2 1-1
Expand 13
EyeLike 9 1-1 1-1 dtype:2 k:2
EyeLike 22
Flatten 1 1-1 1-1 axis:2
Flatten 9
Flatten 11
Flatten 13
Flatten 21
Flatten 23
Flatten 24
Flatten 25
Floor 1
Floor 6 1-1 1-1
Floor 13
GRU 1
GRU 3
GRU 7 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 linear_before_reset:2
GRU 14 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 layout:2 linear_before_reset:2
GRU 22
Gather 1 2-2 1-1 axis:2
Gather 11
Gather 13
GatherElements 11 2-2 1-1 axis:2
GatherElements 13
GatherND 11 2-2 1-1
GatherND 12 2-2 1-1 batch_dims:2
GatherND 13
Gelu 20 1-1 1-1 approximate:3
Gemm 1
Gemm 6
Gemm 7 3-3 1-1 alpha:1 beta:1 transA:2 transB:2
Gemm 9
Gemm 11 2-3 1-1 alpha:1 beta:1 transA:2 transB:2
Gemm 13
GlobalAveragePool 1 1-1 1-1
GlobalAveragePool 22
GlobalLpPool 1
GlobalLpPool 2 1-1 1-1 p:2
GlobalLpPool 22
GlobalMaxPool 1 1-1 1-1
GlobalMaxPool 22
Greater 1
Greater 7 2-2 1-1
Greater 9
Greater 13
GreaterOrEqual 12 2-2 1-1
GreaterOrEqual 16
GridSample 16 2-2 1-1 align_corners:2 mode:3 padding_mode:3
GridSample 20
GridSample 22
GroupNormalization 18 gone
GroupNormalization 21 3-3 1-1 epsilon:1 num_groups:2! stash_type:2
HammingWindow 17 1-1 1-1 output_datatype:2 periodic:2
HannWindow 17 1-1 1-1 output_datatype:2 periodic:2
HardSigmoid 1
HardSigmoid 6 1-1 1-1 alpha:1 beta:1
HardSigmoid 22
HardSwish 14 1-1 1-1
HardSwish 22
Hardmax 1 1-1 1-1 axis:2
Hardmax 11
Hardmax 13
Identity 1 1-1 1-1
Identity 13
Identity 14
Identity 16
Identity 19
Identity 21
Identity 23
Identity 24
Identity 25
If 1 1-1 1-* else_branch:5! then_branch:5!
If 11
If 13
If 16
If 19
If 21
If 23
If 24
If 25
ImageDecoder 20 1-1 1-1 pixel_format:3
InstanceNormalization 1
InstanceNormalization 6 3-3 1-1 epsilon:1
InstanceNormalization 22
IsInf 10 1-1 1-1 detect_negative:2 detect_positive:2
IsInf 20
IsNaN 9 1-1 1-1
IsNaN 13
IsNaN 20
LRN 1 1-1 1-1 alpha:1 beta:1 bias:1 size:2!
LRN 13
LSTM 1
LSTM 7 3-8 0-3 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 input_forget:2
LSTM 14 3-8 0-3 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 input_forget:2 layout:2
LSTM 22
LayerNormalization 17 2-3 1-3 axis:2 epsilon:1 stash_type:2
LeakyRelu 1
LeakyRelu 6 1-1 1-1 alpha:1
LeakyRelu 16
Less 1
Less 7 2-2 1-1
Less 9
Less 13
LessOrEqual 12 2-2 1-1
LessOrEqual 16
LinearAttention 27 3-6 2-2 chunk_size:2 kv_num_heads:2! q_num_heads:2! scale:1 update_rule:3
Log 1
Log 6 1-1 1-1
Log 13
LogSoftmax 1 1-1 1-1 axis:2
LogSoftmax 11
LogSoftmax 13
Loop 1 3-* 1-* body:5!
Loop 11 2-* 1-* body:5!
Loop 13
Loop 16
Loop 19
Loop 21
Loop 23
Loop 24
Loop 25
LpNormalization 1 1-1 1-1 axis:2 p:2
LpNormalization 22
LpPool 1
LpPool 2 1-1 1-1 auto_pad:3 kernel_shape:7! p:2 pads:7 strides:7
LpPool 11
LpPool 18 1-1 1-1 auto_pad:3 ceil_mode:2 dilations:7 kernel_shape:7! p:2 pads:7 strides:7
LpPool 22
MatMul 1 2-2 1-1
MatMul 9
MatMul 13
MatMulInteger 10 2-4 1-1
Max 1
Max 6 1-* 1-1
Max 8
Max 12
Max 13
MaxPool 1 1-1 1-1 auto_pad:3 kernel_shape:7! pads:7 strides:7
MaxPool 8 1-1 1-2 auto_pad:3 kernel_shape:7! pads:7 storage_order:2 strides:7
MaxPool 10 1-1 1-2 auto_pad:3 ceil_mode:2 dilations:7 kernel_shape:7! pads:7 storage_order:2 strides:7
MaxPool 11
MaxPool 12
MaxPool 22
MaxRoiPool 1 2-2 1-1 pooled_shape:7! spatial_scale:1
MaxRoiPool 22
MaxUnpool 9 2-3 1-1 kernel_shape:7! pads:7 strides:7
MaxUnpool 11
MaxUnpool 22
Mean 1
Mean 6 1-* 1-1
Mean 8
Mean 13
MeanVarianceNormalization 9 1-1 1-1 axes:7
MeanVarianceNormalization 13
MelWeightMatrix 17 5-5 1-1 output_datatype:2
Min 1
Min 6 1-* 1-1
Min 8
Min 12
Min 13
Mish 18 1-1 1-1
Mish 22
Mod 10 2-2 1-1 fmod:2
Mod 13
Mod 28
Mul 1
Mul 6
Mul 7 2-2 1-1
Mul 13
Mul 14
Multinomial 7 1-1 1-1 dtype:2 sample_size:2 seed:1
Multinomial 22
Neg 1
Neg 6 1-1 1-1
Neg 13
NegativeLogLikelihoodLoss 12 2-3 1-1 ignore_index:2 reduction:3
NegativeLogLikelihoodLoss 13
NegativeLogLikelihoodLoss 22
NonMaxSuppression 10 2-5 1-1 center_point_box:2
NonMaxSuppression 11
NonZero 9 1-1 1-1
NonZero 13
Not 1 1-1 1-1
OneHot 9 3-3 1-1 axis:2
OneHot 11
OneHot 28
Optional 15 0-1 1-1 type:13
Optional 28
OptionalGetElement 15 1-1 1-1
OptionalGetElement 18
OptionalGetElement 28
OptionalHasElement 15 1-1 1-1
OptionalHasElement 18 0-1 1-1
OptionalHasElement 28
Or 1
Or 7 2-2 1-1
PRelu 1
PRelu 6
PRelu 7 2-2 1-1
PRelu 9
PRelu 16
Pad 1
Pad 2 1-1 1-1 mode:3 pads:7! value:1
Pad 11 2-3 1-1 mode:3
Pad 13
Pad 18 2-4 1-1 mode:3
Pad 19
Pad 21
Pad 23
Pad 24
Pad 25
Pow 1
Pow 7 2-2 1-1
Pow 12
Pow 13
Pow 15
QLinearConv 10 8-9 1-1 auto_pad:3 dilations:7 group:2 kernel_shape:7 pads:7 strides:7
QLinearMatMul 10 8-8 1-1
QLinearMatMul 21
QuantizeLinear 10 2-3 1-1
QuantizeLinear 13 2-3 1-1 axis:2
QuantizeLinear 19 2-3 1-1 axis:2 saturate:2
QuantizeLinear 21 2-3 1-1 axis:2 block_size:2 output_dtype:2 saturate:2
QuantizeLinear 23 2-3 1-1 axis:2 block_size:2 output_dtype:2 precision:2 saturate:2
QuantizeLinear 24
QuantizeLinear 25
QuantizeLinear 28
RMSNormalization 23 2-2 1-1 axis:2 epsilon:1 stash_type:2
RNN 1
RNN 7 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2
RNN 14 3-6 0-2 activation_alpha:6 activation_beta:6 activations:8 clip:1 direction:3 hidden_size:2 layout:2
RNN 22
RandomNormal 1 0-0 1-1 dtype:2 mean:1 scale:1 seed:1 shape:7!
RandomNormal 22
RandomNormalLike 1 1-1 1-1 dtype:2 mean:1 scale:1 seed:1
RandomNormalLike 22
RandomUniform 1 0-0 1-1 dtype:2 high:1 low:1 seed:1 shape:7!
RandomUniform 22
RandomUniformLike 1 1-1 1-1 dtype:2 high:1 low:1 seed:1
RandomUniformLike 22
Range 11 3-3 1-1
Range 27 3-3 1-1 stash_type:2
Reciprocal 1
Reciprocal 6 1-1 1-1
Reciprocal 13
ReduceL1 1 1-1 1-1 axes:7 keepdims:2
ReduceL1 11
ReduceL1 13
ReduceL1 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceL2 1 1-1 1-1 axes:7 keepdims:2
ReduceL2 11
ReduceL2 13
ReduceL2 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceLogSum 1 1-1 1-1 axes:7 keepdims:2
ReduceLogSum 11
ReduceLogSum 13
ReduceLogSum 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceLogSum 28
ReduceLogSumExp 1 1-1 1-1 axes:7 keepdims:2
ReduceLogSumExp 11
ReduceLogSumExp 13
ReduceLogSumExp 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceLogSumExp 28
ReduceMax 1 1-1 1-1 axes:7 keepdims:2
ReduceMax 11
ReduceMax 12
ReduceMax 13
ReduceMax 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceMax 20
ReduceMean 1 1-1 1-1 axes:7 keepdims:2
ReduceMean 11
ReduceMean 13
ReduceMean 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceMin 1 1-1 1-1 axes:7 keepdims:2
ReduceMin 11
ReduceMin 12
ReduceMin 13
ReduceMin 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceMin 20
ReduceProd 1 1-1 1-1 axes:7 keepdims:2
ReduceProd 11
ReduceProd 13
ReduceProd 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceSum 1 1-1 1-1 axes:7 keepdims:2
ReduceSum 11
ReduceSum 13 1-2 1-1 keepdims:2 noop_with_empty_axes:2
ReduceSumSquare 1 1-1 1-1 axes:7 keepdims:2
ReduceSumSquare 11
ReduceSumSquare 13
ReduceSumSquare 18 1-2 1-1 keepdims:2 noop_with_empty_axes:2
RegexFullMatch 20 1-1 1-1 pattern:3
Relu 1
Relu 6 1-1 1-1
Relu 13
Relu 14
Reshape 1
Reshape 5 2-2 1-1
Reshape 13
Reshape 14 2-2 1-1 allowzero:2
Reshape 19
Reshape 21
Reshape 23
Reshape 24
Reshape 25
Resize 10 2-2 1-1 mode:3
Resize 11 3-4 1-1 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 mode:3 nearest_mode:3
Resize 13 1-4 1-1 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 mode:3 nearest_mode:3
Resize 18 1-4 1-1 antialias:2 axes:7 coordinate_transformation_mode:3 cubic_coeff_a:1 exclude_outside:2 extrapolation_value:1 keep_aspect_ratio_policy:3 mode:3 nearest_mode:3
Resize 19
ReverseSequence 10 2-2 1-1 batch_axis:2 time_axis:2
ReverseSequence 28
RoiAlign 10 3-3 1-1 mode:3 output_height:2 output_width:2 sampling_ratio:2 spatial_scale:1
RoiAlign 16 3-3 1-1 coordinate_transformation_mode:3 mode:3 output_height:2 output_width:2 sampling_ratio:2 spatial_scale:1
RoiAlign 22
RotaryEmbedding 23 3-4 1-1 interleaved:2 num_heads:2 rotary_embedding_dim:2
Round 11 1-1 1-1
Round 22
STFT 17 2-4 1-1 onesided:2
Scan 8 2-* 1-* body:5! directions:7 num_scan_inputs:2!
Scan 9 1-* 1-* body:5! num_scan_inputs:2! scan_input_axes:7 scan_input_directions:7 scan_output_axes:7 scan_output_directions:7
Scan 11
Scan 16
Scan 19
Scan 21
Scan 23
Scan 24
Scan 25
Scatter 9 3-3 1-1 axis:2
Scatter 11 gone
ScatterElements 11 3-3 1-1 axis:2
ScatterElements 13
ScatterElements 16 3-3 1-1 axis:2 reduction:3
ScatterElements 18
ScatterND 11 3-3 1-1
ScatterND 13
ScatterND 16 3-3 1-1 reduction:3
ScatterND 18
Selu 1
Selu 6 1-1 1-1 alpha:1 gamma:1
Selu 22
SequenceAt 11 2-2 1-1
SequenceConstruct 11 1-* 1-1
SequenceEmpty 11 0-0 1-1 dtype:2
SequenceErase 11 1-2 1-1
SequenceInsert 11 2-3 1-1
SequenceLength 11 1-1 1-1
SequenceMap 17 1-* 1-* body:5!
Shape 1 1-1 1-1
Shape 13
Shape 15 1-1 1-1 end:2 start:2
Shape 19
Shape 21
Shape 23
Shape 24
Shape 25
Shrink 9 1-1 1-1 bias:1 lambd:1
Sigmoid 1
Sigmoid 6 1-1 1-1
Sigmoid 13
Sign 9 1-1 1-1
Sign 13
Sin 7 1-1 1-1
Sin 22
Sinh 9 1-1 1-1
Sinh 22
Size 1 1-1 1-1
Size 13
Size 19
Size 21
Size 23
Size 24
Size 25
Slice 1 1-1 1-1 axes:7 ends:7! starts:7!
Slice 10 3-5 1-1
Slice 11
Slice 13
Softmax 1 1-1 1-1 axis:2
Softmax 11
Softmax 13
SoftmaxCrossEntropyLoss 12 2-3 1-2 ignore_index:2 reduction:3
SoftmaxCrossEntropyLoss 13
Softplus 1 1-1 1-1
Softplus 22
Softsign 1 1-1 1-1
Softsign 22
SpaceToDepth 1 1-1 1-1 blocksize:2!
SpaceToDepth 13
SpaceToDepth 28 1-1 1-1 blocksize:2! mode:3
Split 1
Split 2 1-1 1-* axis:2 split:7
Split 11
Split 13 1-2 1-* axis:2
Split 18 1-2 1-* axis:2 num_outputs:2
SplitToSequence 11 1-2 1-1 axis:2 keepdims:2
SplitToSequence 24
Sqrt 1
Sqrt 6 1-1 1-1
Sqrt 13
Squeeze 1 1-1 1-1 axes:7
Squeeze 11
Squeeze 13 1-2 1-1
Squeeze 21
Squeeze 23
Squeeze 24
Squeeze 25
StringConcat 20 2-2 1-1
StringNormalizer 10 1-1 1-1 case_change_action:3 is_case_sensitive:2 locale:3 stopwords:8
StringSplit 20 1-1 2-2 delimiter:3 maxsplit:2
Sub 1
Sub 6
Sub 7 2-2 1-1
Sub 13
Sub 14
Sum 1
Sum 6 1-* 1-1
Sum 8
Sum 13
SwiGLU 28 2-2 1-1 alpha:1
Swish 24 1-1 1-1 alpha:1
Tan 7 1-1 1-1
Tan 22
Tanh 1
Tanh 6 1-1 1-1
Tanh 13
TensorScatter 24 2-3 1-1 axis:2 mode:3
TfIdfVectorizer 9 1-1 1-1 max_gram_length:2! max_skip_count:2! min_gram_length:2! mode:3! ngram_counts:7! ngram_indexes:7! pool_int64s:7 pool_strings:8 weights:6
ThresholdedRelu 10 1-1 1-1 alpha:1
ThresholdedRelu 22
Tile 1
Tile 6 2-2 1-1
Tile 13
TopK 1 1-1 2-2 axis:2 k:2!
TopK 10 2-2 2-2 axis:2
TopK 11 2-2 2-2 axis:2 largest:2 sorted:2
TopK 24
Transpose 1 1-1 1-1 perm:7
Transpose 13
Transpose 21
Transpose 23
Transpose 24
Transpose 25
Trilu 14 1-2 1-1 upper:2
Unique 11 1-1 1-4 axis:2 sorted:2
Unique 28
Unsqueeze 1 1-1 1-1 axes:7!
Unsqueeze 11
Unsqueeze 13 2-2 1-1
Unsqueeze 21
Unsqueeze 23
Unsqueeze 24
Unsqueeze 25
Upsample 1
Upsample 7 1-1 1-1 mode:3 scales:6!
Upsample 9 2-2 1-1 mode:3
Upsample 10 gone
Where 9 3-3 1-1
Where 16
Xor 1
Xor 7 2-2 1-1
`
