;; Multiplies blocks of elements in place, each by a factor of its own, in float32, rounding to nearest even as every
;; float operation here does. `node scripts/build-kernels.mjs` makes scale-wasm.ts of it.
;;
;; The first megabyte of memory is for elements, the two behind it for factors, a float32 for each block.
;;
;; Each exported function takes
;;   $at, $end    the bytes of the elements
;;   $first       bytes of the first block, which may have begun before
;;   $block       bytes of every other block; the last may end early
(module
  (memory (export "memory") 48)

  ;; One block: steps of 16 elements, then one by one.
  (func $float32Run (param $at i32) (param $end i32) (param $factor f32)
    (local $factors v128)
    (local $last i32)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (local.set $last (i32.sub (local.get $end) (i32.const 64)))
    (block $done
      (loop $step
        (br_if $done (i32.gt_s (local.get $at) (local.get $last)))
        (v128.store (local.get $at)
          (f32x4.mul (v128.load (local.get $at)) (local.get $factors)))
        (v128.store offset=16 (local.get $at)
          (f32x4.mul (v128.load offset=16 (local.get $at)) (local.get $factors)))
        (v128.store offset=32 (local.get $at)
          (f32x4.mul (v128.load offset=32 (local.get $at)) (local.get $factors)))
        (v128.store offset=48 (local.get $at)
          (f32x4.mul (v128.load offset=48 (local.get $at)) (local.get $factors)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $step)))
    (block $done
      (loop $one
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (f32.store (local.get $at) (f32.mul (f32.load (local.get $at)) (local.get $factor)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $one))))

  (func (export "float32") (param $at i32) (param $end i32) (param $first i32) (param $block i32)
    (local $factor i32)
    (local $blockEnd i32)
    (local.set $factor (i32.const 0x100000))
    (local.set $blockEnd (i32.add (local.get $at) (local.get $first)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (if (i32.gt_s (local.get $blockEnd) (local.get $end))
          (then (local.set $blockEnd (local.get $end))))
        (call $float32Run (local.get $at) (local.get $blockEnd) (f32.load (local.get $factor)))
        (local.set $at (local.get $blockEnd))
        (local.set $blockEnd (i32.add (local.get $blockEnd) (local.get $block)))
        (local.set $factor (i32.add (local.get $factor) (i32.const 4)))
        (br $blocks))))

  (func $fromBfloat16 (param $bits v128) (result v128)
    (i32x4.shl (local.get $bits) (i32.const 16)))

  ;; Four float32 as four bfloat16, each in the low half of its lane: ties to even, NaN stays NaN.
  (func $toBfloat16 (param $x v128) (result v128)
    (v128.bitselect
      (v128.or (i32x4.shr_u (local.get $x) (i32.const 16)) (i32x4.splat (i32.const 0x40)))
      (i32x4.shr_u
        (i32x4.add
          (i32x4.add (local.get $x) (i32x4.splat (i32.const 0x7fff)))
          (v128.and (i32x4.shr_u (local.get $x) (i32.const 16)) (i32x4.splat (i32.const 1))))
        (i32.const 16))
      (f32x4.ne (local.get $x) (local.get $x))))

  ;; One block: steps of 8 elements, then one by one.
  (func $bfloat16Run (param $at i32) (param $end i32) (param $factor f32)
    (local $factors v128)
    (local $last i32)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (block $done
      (loop $step
        (br_if $done (i32.gt_s (local.get $at) (local.get $last)))
        (v128.store (local.get $at)
          (i16x8.narrow_i32x4_u
            (call $toBfloat16 (f32x4.mul (local.get $factors)
              (call $fromBfloat16 (v128.load16x4_u (local.get $at)))))
            (call $toBfloat16 (f32x4.mul (local.get $factors)
              (call $fromBfloat16 (v128.load16x4_u offset=8 (local.get $at)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $step)))
    (block $done
      (loop $one
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (i32.store16 (local.get $at)
          (i32x4.extract_lane 0
            (call $toBfloat16 (f32x4.mul (local.get $factors)
              (call $fromBfloat16 (i32x4.splat (i32.load16_u (local.get $at))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $one))))

  (func (export "bfloat16") (param $at i32) (param $end i32) (param $first i32) (param $block i32)
    (local $factor i32)
    (local $blockEnd i32)
    (local.set $factor (i32.const 0x100000))
    (local.set $blockEnd (i32.add (local.get $at) (local.get $first)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (if (i32.gt_s (local.get $blockEnd) (local.get $end))
          (then (local.set $blockEnd (local.get $end))))
        (call $bfloat16Run (local.get $at) (local.get $blockEnd) (f32.load (local.get $factor)))
        (local.set $at (local.get $blockEnd))
        (local.set $blockEnd (i32.add (local.get $blockEnd) (local.get $block)))
        (local.set $factor (i32.add (local.get $factor) (i32.const 4)))
        (br $blocks))))

  ;; Four float16, each in the low half of its lane, as float32. Moved to float32's places, the exponent is 112 too
  ;; small, which a product mends, for subnormal numbers too; infinity and NaN have the largest exponent in both.
  (func $fromFloat16 (param $half v128) (result v128)
    (local $magnitude v128)
    (local.set $magnitude (v128.and (local.get $half) (i32x4.splat (i32.const 0x7fff))))
    (v128.or
      (v128.or
        (f32x4.mul (i32x4.shl (local.get $magnitude) (i32.const 13)) (f32x4.splat (f32.const 0x1p112)))
        (v128.and
          (i32x4.ge_u (local.get $magnitude) (i32x4.splat (i32.const 0x7c00)))
          (i32x4.splat (i32.const 0x7f800000))))
      (i32x4.shl (v128.and (local.get $half) (i32x4.splat (i32.const 0x8000))) (i32.const 16))))

  ;; The other way: ties to even, from 65520 on infinity, NaN 0x7e00. Numbers below 2^-14 are as far apart as float32
  ;; is between 0.5 and 1, so adding 0.5 rounds them.
  (func $toFloat16 (param $x v128) (result v128)
    (local $magnitude v128)
    (local $bits v128)
    (local $isNaN v128)
    (local.set $magnitude (v128.and (local.get $x) (i32x4.splat (i32.const 0x7fffffff))))
    (local.set $isNaN (f32x4.ne (local.get $x) (local.get $x)))
    (local.set $bits
      (v128.bitselect
        (i32x4.sub
          (f32x4.add (local.get $magnitude) (f32x4.splat (f32.const 0.5)))
          (i32x4.splat (i32.const 0x3f000000)))
        (i32x4.shr_u
          (i32x4.add
            (i32x4.add (local.get $magnitude) (i32x4.splat (i32.const 0xc8000fff)))
            (v128.and (i32x4.shr_u (local.get $magnitude) (i32.const 13)) (i32x4.splat (i32.const 1))))
          (i32.const 13))
        (i32x4.lt_u (local.get $magnitude) (i32x4.splat (i32.const 0x38800000)))))
    (local.set $bits
      (v128.bitselect
        (i32x4.splat (i32.const 0x7c00))
        (local.get $bits)
        (i32x4.ge_u (local.get $magnitude) (i32x4.splat (i32.const 0x477ff000)))))
    (v128.bitselect
      (i32x4.splat (i32.const 0x7e00))
      (v128.or
        (local.get $bits)
        (v128.and (i32x4.shr_u (local.get $x) (i32.const 16)) (i32x4.splat (i32.const 0x8000))))
      (local.get $isNaN)))

  ;; One block: steps of 8 elements, then one by one.
  (func $float16Run (param $at i32) (param $end i32) (param $factor f32)
    (local $factors v128)
    (local $last i32)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (block $done
      (loop $step
        (br_if $done (i32.gt_s (local.get $at) (local.get $last)))
        (v128.store (local.get $at)
          (i16x8.narrow_i32x4_u
            (call $toFloat16 (f32x4.mul (local.get $factors)
              (call $fromFloat16 (v128.load16x4_u (local.get $at)))))
            (call $toFloat16 (f32x4.mul (local.get $factors)
              (call $fromFloat16 (v128.load16x4_u offset=8 (local.get $at)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $step)))
    (block $done
      (loop $one
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (i32.store16 (local.get $at)
          (i32x4.extract_lane 0
            (call $toFloat16 (f32x4.mul (local.get $factors)
              (call $fromFloat16 (i32x4.splat (i32.load16_u (local.get $at))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $one))))

  (func (export "float16") (param $at i32) (param $end i32) (param $first i32) (param $block i32)
    (local $factor i32)
    (local $blockEnd i32)
    (local.set $factor (i32.const 0x100000))
    (local.set $blockEnd (i32.add (local.get $at) (local.get $first)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (if (i32.gt_s (local.get $blockEnd) (local.get $end))
          (then (local.set $blockEnd (local.get $end))))
        (call $float16Run (local.get $at) (local.get $blockEnd) (f32.load (local.get $factor)))
        (local.set $at (local.get $blockEnd))
        (local.set $blockEnd (i32.add (local.get $blockEnd) (local.get $block)))
        (local.set $factor (i32.add (local.get $factor) (i32.const 4)))
        (br $blocks)))))
