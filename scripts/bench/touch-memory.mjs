// node scripts/bench/touch-memory.mjs <megabytes>
//
// Fills so much memory and ends. A virtual machine gives memory that has been free for a while back to its host, and
// getting it again takes several times as long as using it: 5 to 11 s for 4 GB were seen here, mostly charged to
// whoever writes a large file next. What has just been freed is still there.

const piece = 256
for (let left = Number(process.argv[2]), kept = []; left > 0; left -= piece)
  kept.push(Buffer.alloc(Math.min(left, piece) * 1e6, 1))
